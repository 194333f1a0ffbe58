"""Moving a visit: same id, same rules as booking, a pointer to the time before (APT-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from redis import Redis
from sqlalchemy.orm import Session

from app.appointments.actions.changes import announce, apply, load
from app.appointments.actions.charges import charge
from app.appointments.actions.lifecycle import may_still_change
from app.appointments.actions.time_taken import give_back, held_by_others, take_time, taken_by
from app.appointments.models import Appointment
from app.appointments.queries.length import own_length
from app.appointments.rules.policy import LATE_MOVE
from app.appointments.states import OPEN
from app.kernel.access.actor import GUEST, PATIENT, STAFF, SYSTEM, Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, Invalid, Refused
from app.scheduling.queries import Asker, calendar_view, free_at


@dataclass(frozen=True, slots=True)
class NewTime:
    """Where a visit shall go; an empty specialist keeps the present one, a room is asked for by name."""

    starts_at: dt.datetime
    specialist_id: uuid.UUID | None = None
    client: str | None = None
    room_id: uuid.UUID | None = None


def move(
    session: Session,
    redis: Redis,
    actor: Actor,
    appointment_id: uuid.UUID,
    target: NewTime,
    *,
    now: dt.datetime,
    reason: str | None = None,
) -> Appointment:
    """Move a visit to another time or specialist.

    Patients may until the notice that the visit froze, and later where its terms let them, as they may cancel; a late
    move of theirs is charged, whatever staff move is not. Raises Conflict `slot_taken`, `illegal_move` for a
    visit that is over, Invalid `slot_past`, Refused `move_too_late`.
    """
    visit = load(session, actor, appointment_id)
    if visit.state not in OPEN:
        raise Conflict("illegal_move", state=visit.state, verb="move")
    if actor.kind in (PATIENT, GUEST) and not may_still_change(visit, now):
        raise Refused("move_too_late")
    if target.starts_at < now:
        raise Invalid.one("starts_at", "slot_past")
    specialist_id = target.specialist_id or visit.specialist_id
    same_room = target.room_id in (None, visit.room_id)
    if same_room and (target.starts_at, specialist_id) == (visit.starts_at, visit.specialist_id):
        return visit
    calendar = own_length(
        calendar_view(session, actor.clinic, calendar_id=visit.calendar_id), visit
    )
    asker = Asker(now, target.client, staff=actor.kind in (STAFF, SYSTEM))
    able = free_at(
        session,
        redis,
        actor.clinic,
        calendar,
        asker,
        target.starts_at,
        specialist_id,
        ignoring=visit.id,
    )
    # Only into another room: the start stands already, the room alone is asked for.
    stays = (target.starts_at, specialist_id) == (visit.starts_at, visit.specialist_id)
    if specialist_id not in able and not stays:
        raise Conflict("slot_taken")
    person = calendar.person(specialist_id)
    taken = taken_by(calendar, target.starts_at)
    held = held_by_others(redis, session, actor.clinic, calendar, taken, target.client, now)
    give_back(session, actor.clinic, visit.id)
    had = (visit.room_id if target.room_id is None else None, visit.device_id)
    placed = take_time(
        session,
        actor.clinic,
        calendar,
        person,
        target.room_id,
        taken,
        visit.id,
        prefer=had,
        held=held,
    )
    if placed is None:
        raise Conflict("slot_taken")
    if target.room_id is not None and placed.room_id != target.room_id:
        raise Conflict("room_taken")
    before = _standing(visit)
    old_start = visit.starts_at
    moved = apply(
        session,
        actor,
        visit,
        "move",
        {
            "starts_at": target.starts_at,
            "ends_at": taken.visit_ends_at,
            "specialist_id": specialist_id,
            "location_id": person.location_id,
            "room_id": placed.room_id,
            "device_id": placed.device_id,
            "rescheduled_from": old_start,
        },
        now=now,
        reason=reason,
    )
    record(
        session,
        actor,
        "appointments.move",
        "appointment",
        visit.id,
        at=now,
        before=before,
        after=_standing(moved),
        reason=reason,
    )
    if actor.kind in (PATIENT, GUEST):
        charge(session, actor, moved, LATE_MOVE, starts_at=old_start, now=now)
    announce(session, actor, moved, "appointment.moved", now=now)
    return moved


def _standing(visit: Appointment) -> dict[str, str | None]:
    """What a move changes, for the trail."""
    return {
        "starts_at": visit.starts_at.isoformat(),
        "specialist_id": str(visit.specialist_id),
        "room_id": str(visit.room_id) if visit.room_id is not None else None,
    }
