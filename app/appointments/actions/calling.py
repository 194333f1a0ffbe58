"""Calling a patient who waits to the room, as the waiting-room screens show it (APT-04)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy.orm import Session

from app.appointments.actions.changes import apply, load
from app.appointments.models import Appointment
from app.appointments.queries.calling import usual_room
from app.appointments.states import OPEN
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, NotFound
from app.scheduling.queries.listing import room_choices


def call(
    session: Session,
    actor: Actor,
    appointment_id: uuid.UUID,
    *,
    now: dt.datetime,
    room_id: uuid.UUID | None = None,
) -> Appointment:
    """Call somebody who has arrived; calling again shows it anew, perhaps with another room.

    Without a room it is the one that is plain (`usual_room`). Raises Conflict `not_arrived`, `choose_room` where
    several would do, NotFound for a room that is not of the visit's location.
    """
    visit = load(session, actor, appointment_id)
    if visit.checked_in_at is None or visit.state not in OPEN:
        raise Conflict("not_arrived")
    values = {"called_at": now, "called_room_id": _room(session, visit, room_id, now)}
    changed = apply(session, actor, visit, "call", values, now=now)
    record(session, actor, "appointments.call", "appointment", appointment_id, at=now)
    return changed


def undo_call(
    session: Session, actor: Actor, appointment_id: uuid.UUID, *, now: dt.datetime
) -> Appointment:
    """Take the call back; possible until the visit starts. Raises Conflict `illegal_move`."""
    visit = load(session, actor, appointment_id)
    if visit.called_at is None or visit.state not in OPEN:
        raise Conflict("illegal_move", state=visit.state, verb="undo_call")
    values = {"called_at": None, "called_room_id": None}
    changed = apply(session, actor, visit, "undo_call", values, now=now)
    record(session, actor, "appointments.undo_call", "appointment", appointment_id, at=now)
    return changed


def _room(
    session: Session, visit: Appointment, wanted: uuid.UUID | None, now: dt.datetime
) -> uuid.UUID | None:
    rooms = [id_ for id_, _name in room_choices(session, visit.org_id, visit.location_id)]
    if wanted is not None:
        if wanted not in rooms:
            raise NotFound("room_not_found")
        return wanted
    usual = usual_room(session, visit, rooms, now)
    if usual is None and rooms:
        raise Conflict("choose_room")
    return usual
