"""The time that a visit takes: of its specialist, its room and its device, or a place in a class."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection

from redis import Redis
from sqlalchemy.orm import Session

from app.lib.errors import NotFound
from app.lib.intervals import overlaps
from app.scheduling.actions import (
    ClassAt,
    Placed,
    Taken,
    Wanted,
    free,
    leave_seats,
    occupy,
    resource_of_room,
    take_seat,
    take_spaces,
)
from app.scheduling.holds import Holds
from app.scheduling.queries import CalendarView
from app.scheduling.queries.calendars import Person
from app.scheduling.queries.spaces import spaces_of
from app.scheduling.rules.walltime import from_datetime


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
    *,
    prefer: Collection[uuid.UUID | None] = (),
    held: Collection[int] = (),
    overbook_reason: str | None = None,
) -> Placed | None:
    """Take the specialist's time, and a room and a device where they are needed, or nothing; in a class one place.

    `room_id` is asked for by name: preferred where the service needs a room, required where it needs none. `prefer` are
    the spaces that the visit had, `held` resource numbers that other browsers keep. None when there is no time.
    """
    had = frozenset(one for one in (room_id, *prefer) if one is not None)
    wanted = wanted_spaces(calendar, person, had, held)
    if calendar.offer.capacity > 1:
        return take_seat(
            session, org_id, _class_at(calendar, person, taken, wanted), appointment_id
        )
    savepoint = session.begin_nested() if room_id is not None or calendar.needs else None
    won = occupy(
        session,
        org_id,
        person.resource_id,
        person.resource,
        taken,
        kind=kind,
        reference_id=appointment_id,
        overbook_reason=overbook_reason,
    )
    if savepoint is None:
        return Placed() if won else None
    placed = (
        _take_spaces(session, org_id, wanted, room_id, taken, appointment_id, kind) if won else None
    )
    if placed is not None:
        savepoint.commit()
    else:
        savepoint.rollback()
    return placed


def give_back(session: Session, org_id: uuid.UUID, appointment_id: uuid.UUID) -> None:
    """Free all that a visit takes: time of people and rooms, its place in a class."""
    free(session, org_id, appointment_id)
    leave_seats(session, org_id, appointment_id)


def held_by_others(
    redis: Redis,
    session: Session,
    org_id: uuid.UUID,
    calendar: CalendarView,
    taken: Taken,
    client: str | None,
    now: dt.datetime,
) -> frozenset[int]:
    """Numbers of the service's rooms and devices that other browsers keep then; none where it needs none."""
    if not calendar.needs:
        return frozenset()
    spaces = spaces_of(session, org_id, [calendar.service_id]).get(calendar.service_id, ())
    holds = Holds(redis, org_id).of([one.resource for one in spaces], now)
    wanted = (from_datetime(taken.starts_at), from_datetime(taken.ends_at))
    return frozenset(
        number
        for number, kept in holds.items()
        if any(
            hold.blocks(int(now.timestamp()), client) and overlaps((hold.start, hold.end), wanted)
            for hold in kept
        )
    )


def wanted_spaces(
    calendar: CalendarView,
    person: Person,
    had: frozenset[uuid.UUID] = frozenset(),
    held: Collection[int] = (),
) -> Wanted:
    """What a visit of this calendar needs beside this specialist."""
    return Wanted(
        calendar.needs,
        calendar.service_id,
        person.location_id,
        person.resource_id,
        had,
        frozenset(held),
    )


def _class_at(calendar: CalendarView, person: Person, taken: Taken, wanted: Wanted) -> ClassAt:
    return ClassAt(
        calendar.id,
        calendar.service_id,
        person.id,
        person.resource_id,
        person.resource,
        taken,
        calendar.offer.capacity,
        wanted,
    )


def _take_spaces(
    session: Session,
    org_id: uuid.UUID,
    wanted: Wanted,
    room_id: uuid.UUID | None,
    taken: Taken,
    reference: uuid.UUID,
    kind: str,
) -> Placed | None:
    placed = take_spaces(session, org_id, wanted, taken, reference, kind=kind)
    if placed is None or room_id is None or "room" in wanted.kinds:
        return placed
    resource = resource_of_room(session, org_id, room_id)
    if resource is None:
        raise NotFound("room_not_found")
    won = occupy(session, org_id, *resource, taken, kind=kind, reference_id=reference)
    return Placed(room_id, placed.device_id) if won else None
