"""Calling a patient who waits to the room, as the waiting-room screens show it (APT-04)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy.orm import Session

from app.appointments.actions.changes import apply, load
from app.appointments.models import Appointment
from app.appointments.states import OPEN
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, NotFound
from app.scheduling.models import Room


def call(
    session: Session,
    actor: Actor,
    appointment_id: uuid.UUID,
    *,
    now: dt.datetime,
    room_id: uuid.UUID | None = None,
) -> Appointment:
    """Call somebody who has arrived; calling again shows it anew, perhaps with another room.

    Without a room the visit's own one is shown, if it has one. Raises Conflict `not_arrived`, NotFound for a room.
    """
    visit = load(session, actor, appointment_id)
    if visit.checked_in_at is None or visit.state not in OPEN:
        raise Conflict("not_arrived")
    if room_id is not None and session.get(Room, (actor.clinic, room_id)) is None:
        raise NotFound("room_not_found")
    values = {"called_at": now, "called_room_id": room_id or visit.room_id}
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
