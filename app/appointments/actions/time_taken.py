"""The time that a visit takes: of its specialist and its room, or a place in a class."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy.orm import Session

from app.lib.errors import NotFound
from app.scheduling.actions import (
    ClassAt,
    Taken,
    free,
    leave_seats,
    occupy,
    resource_of_room,
    take_seat,
)
from app.scheduling.queries import CalendarView
from app.scheduling.queries.calendars import Person


def taken_by(calendar: CalendarView, starts_at: dt.datetime) -> Taken:
    """The time that a visit of this calendar takes."""
    offer = calendar.offer
    return Taken(
        starts_at,
        starts_at + dt.timedelta(minutes=offer.duration_min),
        offer.buffer_before_min,
        offer.buffer_after_min,
    )


def take_time(
    session: Session,
    org_id: uuid.UUID,
    calendar: CalendarView,
    person: Person,
    room_id: uuid.UUID | None,
    taken: Taken,
    appointment_id: uuid.UUID,
    kind: str = "appointment",
) -> bool:
    """Take the specialist's and the room's time, or neither; in a class one place. False when there is none."""
    if calendar.offer.capacity > 1:
        return take_seat(session, org_id, _class_at(calendar, person, taken), appointment_id)
    savepoint = session.begin_nested() if room_id is not None else None
    won = occupy(
        session,
        org_id,
        person.resource_id,
        person.resource,
        taken,
        kind=kind,
        reference_id=appointment_id,
    )
    if room_id is None or savepoint is None:
        return won
    won = won and _take_room(session, org_id, room_id, taken, appointment_id)
    if won:
        savepoint.commit()
    else:
        savepoint.rollback()
    return won


def give_back(session: Session, org_id: uuid.UUID, appointment_id: uuid.UUID) -> None:
    """Free all that a visit takes: time of people and rooms, its place in a class."""
    free(session, org_id, appointment_id)
    leave_seats(session, org_id, appointment_id)


def _class_at(calendar: CalendarView, person: Person, taken: Taken) -> ClassAt:
    return ClassAt(
        calendar.id,
        calendar.service_id,
        person.id,
        person.resource_id,
        person.resource,
        taken,
        calendar.offer.capacity,
    )


def _take_room(
    session: Session, org_id: uuid.UUID, room_id: uuid.UUID, taken: Taken, reference: uuid.UUID
) -> bool:
    resource = resource_of_room(session, org_id, room_id)
    if resource is None:
        raise NotFound("room_not_found")
    resource_id, number = resource
    return occupy(
        session, org_id, resource_id, number, taken, kind="appointment", reference_id=reference
    )
