"""The time that a visit takes from its specialist and its room."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from app.lib.errors import NotFound
from app.scheduling.actions import Taken, occupy, resource_of_room
from app.scheduling.queries.calendars import Person


def take_time(
    session: Session,
    org_id: uuid.UUID,
    person: Person,
    room_id: uuid.UUID | None,
    taken: Taken,
    appointment_id: uuid.UUID,
) -> bool:
    """Take the specialist's and the room's time, or neither. False when one of them has none."""
    savepoint = session.begin_nested() if room_id is not None else None
    won = occupy(
        session,
        org_id,
        person.resource_id,
        person.resource,
        taken,
        kind="appointment",
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
