"""Moving a visit: same id, same rules as booking, a pointer to the time before (APT-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from redis import Redis
from sqlalchemy.orm import Session

from app.appointments.actions.changes import announce, apply, load
from app.appointments.actions.charges import charge
from app.appointments.actions.lifecycle import may_still_change
from app.appointments.actions.overbooking import (
    assigned_after_move,
    demand_overbooking,
    note_overbooking,
)
from app.appointments.actions.time_taken import give_back, held_by_others, take_time, taken_by
from app.appointments.models import Appointment
from app.appointments.queries.length import own_length
from app.appointments.queries.places import place_of
from app.appointments.rules.overbooking import OVERBOOKED
from app.appointments.rules.policy import LATE_MOVE
from app.appointments.states import OPEN
from app.kernel.access.actor import GUEST, PATIENT, STAFF, SYSTEM, Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, Invalid, Refused
from app.scheduling.actions import Placed, Taken
from app.scheduling.queries import Asker, CalendarView, calendar_view, free_at
from app.scheduling.queries.calendars import Person


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
    overbook: str | None = None,
    in_course: bool = False,
) -> Appointment:
    """Move a visit to another time or specialist; `overbook` as for booking.

    Patients may until the notice that the visit froze, and later where its terms let them, as they may cancel; a late
    move of theirs is charged, whatever staff move is not. Raises Conflict `slot_taken`, `illegal_move` for a
    visit that is over, Invalid `slot_past`, Refused `move_too_late`.
    """
    visit = load(session, actor, appointment_id)
    _demand_movable(visit, actor, target, now)
    specialist_id = target.specialist_id or visit.specialist_id
    stays = (target.starts_at, specialist_id) == (visit.starts_at, visit.specialist_id)
    if stays and target.room_id in (None, visit.room_id):
        return visit
    calendar = own_length(
        calendar_view(session, actor.clinic, calendar_id=visit.calendar_id), visit
    )
    said = (
        _overbooked(session, visit)
        if stays
        else _passed(session, redis, actor, calendar, target, visit, overbook, now)
    )
    person = calendar.person(specialist_id)
    taken = taken_by(calendar, target.starts_at)
    placed = _take(session, redis, actor, calendar, person, target, taken, visit, said, now)
    before, old_start = _standing(visit), visit.starts_at
    there = _there(visit, target, person, taken, placed, overbooked=said is not None)
    moved = apply(session, actor, visit, "move", there, now=now, reason=reason)
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
    if said is not None and not stays:
        note_overbooking(session, actor, moved, said, now=now)
    announce(session, actor, moved, "appointment.moved", now=now, in_course=in_course)
    return moved


def _demand_movable(visit: Appointment, actor: Actor, target: NewTime, now: dt.datetime) -> None:
    if visit.state not in OPEN:
        raise Conflict("illegal_move", state=visit.state, verb="move")
    if actor.kind in (PATIENT, GUEST) and not may_still_change(visit, now):
        raise Refused("move_too_late")
    if target.starts_at < now:
        raise Invalid.one("starts_at", "slot_past")


def _take(
    session: Session,
    redis: Redis,
    actor: Actor,
    calendar: CalendarView,
    person: Person,
    target: NewTime,
    taken: Taken,
    visit: Appointment,
    said: str | None,
    now: dt.datetime,
) -> Placed:
    """Give the old time back and take the new one, in the same room and device where they are free."""
    held = held_by_others(redis, session, actor.clinic, calendar, taken, target.client, now)
    give_back(session, actor.clinic, visit.id)
    placed = take_time(
        session,
        actor.clinic,
        calendar,
        person,
        target.room_id,
        taken,
        visit.id,
        prefer=(visit.room_id if target.room_id is None else None, visit.device_id),
        held=held,
        overbook_reason=said,
    )
    if placed is None:
        raise Conflict("slot_taken")
    if target.room_id is not None and placed.room_id != target.room_id:
        raise Conflict("room_taken")
    return placed


def _there(
    visit: Appointment,
    target: NewTime,
    person: Person,
    taken: Taken,
    placed: Placed,
    *,
    overbooked: bool,
) -> dict[str, Any]:
    """The visit's columns at its new time."""
    return {
        "starts_at": target.starts_at,
        "ends_at": taken.visit_ends_at,
        "specialist_id": person.id,
        "location_id": person.location_id,
        "assignment_reason": assigned_after_move(visit, overbooked),
        "room_id": placed.room_id,
        "device_id": placed.device_id,
        "rescheduled_from": visit.starts_at,
        **_not_here_then(visit, target.starts_at),
    }


def _not_here_then(visit: Appointment, starts_at: dt.datetime) -> dict[str, None]:
    """Whoever has arrived today has not arrived for a visit of another day."""
    clock = ZoneInfo(visit.time_zone)
    if visit.starts_at.astimezone(clock).date() == starts_at.astimezone(clock).date():
        return {}
    return {"checked_in_at": None, "called_at": None, "called_room_id": None}


def _passed(
    session: Session,
    redis: Redis,
    actor: Actor,
    calendar: CalendarView,
    target: NewTime,
    visit: Appointment,
    overbook: str | None,
    now: dt.datetime,
) -> str | None:
    """None where the start is free for the visit; else why it may stand on taken time. Raises Conflict `slot_taken`."""
    org_id, start = actor.clinic, target.starts_at
    asker = Asker(now, target.client, staff=actor.kind in (STAFF, SYSTEM))
    specialist_id = target.specialist_id or visit.specialist_id
    able = free_at(session, redis, org_id, calendar, asker, start, specialist_id, ignoring=visit.id)
    if specialist_id in able:
        return None
    if overbook is None:
        raise Conflict("slot_taken")
    return demand_overbooking(
        session,
        redis,
        actor,
        calendar,
        asker,
        start,
        specialist_id,
        overbook,
        ignoring=visit.id,
    )


def _overbooked(session: Session, visit: Appointment) -> str | None:
    """Why the visit stands on taken time, where it does."""
    if visit.assignment_reason != OVERBOOKED:
        return None
    return place_of(session, visit.org_id, visit.id).overbook_reason


def _standing(visit: Appointment) -> dict[str, str | None]:
    """What a move changes, for the trail."""
    return {
        "starts_at": visit.starts_at.isoformat(),
        "specialist_id": str(visit.specialist_id),
        "room_id": str(visit.room_id) if visit.room_id is not None else None,
    }
