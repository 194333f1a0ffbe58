"""Booking and moving onto taken time on purpose: by permission, after seeing why, with a reason (SCH-08)."""

from __future__ import annotations

import datetime as dt
import uuid

from redis import Redis
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.permissions import OVERBOOK
from app.appointments.rules.overbooking import OVERBOOKED, overbookable
from app.kernel.access.actor import STAFF, Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, Refused
from app.lib.text import bounded_line
from app.scheduling.queries import Asker, CalendarView, reasons

LONGEST_REASON = 200


def demand_overbooking(
    session: Session,
    redis: Redis,
    actor: Actor,
    calendar: CalendarView,
    asker: Asker,
    starts_at: dt.datetime,
    specialist_id: uuid.UUID | None,
    reason: str,
    *,
    ignoring: uuid.UUID | None = None,
) -> str:
    """The reason, once it is sure that this actor may put a visit on that taken time.

    Raises Refused without the permission, Invalid without a reason, Conflict `slot_taken` where more than other visits
    stands in the way, for a class, and where no specialist is named.
    """
    actor.demand(OVERBOOK)
    if actor.kind != STAFF:
        raise Refused("permission_missing", permission=OVERBOOK.code)
    said = bounded_line(reason, "overbook", limit=LONGEST_REASON)
    if specialist_id is None or calendar.offer.capacity > 1:
        raise Conflict("slot_taken")
    found = reasons(
        session,
        redis,
        actor.clinic,
        calendar,
        asker,
        starts_at,
        specialist_id,
        ignoring=ignoring,
    )
    if not overbookable(found.get(str(specialist_id), ())):
        raise Conflict("slot_taken")
    return said


def note_overbooking(
    session: Session, actor: Actor, visit: Appointment, reason: str, *, now: dt.datetime
) -> None:
    """Put it on the trail, in its own words."""
    record(
        session,
        actor,
        "appointments.overbook",
        "appointment",
        visit.id,
        at=now,
        after={
            "starts_at": visit.starts_at.isoformat(),
            "specialist_id": str(visit.specialist_id),
        },
        reason=reason,
    )


def assigned_after_move(visit: Appointment, overbooked: bool) -> str:
    """What the visit says of its specialist once it has moved: overbooked, or no longer."""
    if overbooked:
        return OVERBOOKED
    return "" if visit.assignment_reason == OVERBOOKED else visit.assignment_reason
