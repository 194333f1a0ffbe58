"""Making a visit longer or shorter: start, people and rooms stay, the end moves under the same rules (SCH-06)."""

from __future__ import annotations

import datetime as dt
import uuid

from redis import Redis
from sqlalchemy.orm import Session

from app.appointments.actions.changes import announce, apply, load
from app.appointments.models import Appointment
from app.appointments.queries.length import why_not_longer
from app.appointments.rules.length import minutes_of, possible
from app.appointments.states import IN_PROGRESS, OPEN
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, Invalid
from app.scheduling.actions.stretching import stretch_time
from app.scheduling.queries import Asker, calendar_view
from app.scheduling.queries.classes import class_of_visit

MAY_STRETCH = (*OPEN, IN_PROGRESS)


def stretch(
    session: Session,
    redis: Redis,
    actor: Actor,
    appointment_id: uuid.UUID,
    minutes: int,
    *,
    now: dt.datetime,
    reason: str | None = None,
) -> Appointment:
    """Let a visit last `minutes` from its start; staff only, the visit keeps that length when it is moved.

    Raises Invalid `length_invalid`, Conflict `illegal_move` for a visit that is over, `class_length` for one in a
    class, `slot_taken` where the longer time is not free.
    """
    visit = load(session, actor, appointment_id)
    if visit.state not in MAY_STRETCH:
        raise Conflict("illegal_move", state=visit.state, verb="stretch")
    if not possible(minutes):
        raise Invalid.one("minutes", "length_invalid")
    if class_of_visit(session, actor.clinic, visit.id) is not None:
        raise Conflict("class_length")
    was = visit.ends_at
    if minutes == minutes_of(visit.starts_at, was):
        return visit
    calendar = calendar_view(session, actor.clinic, calendar_id=visit.calendar_id)
    asker = Asker(now, staff=True)
    if why_not_longer(session, redis, actor.clinic, calendar, asker, visit, minutes):
        raise Conflict("slot_taken")
    ends_at = visit.starts_at + dt.timedelta(minutes=minutes)
    if not stretch_time(session, actor.clinic, visit.id, ends_at):
        raise Conflict("slot_taken")
    stretched = apply(
        session, actor, visit, "stretch", {"ends_at": ends_at}, now=now, reason=reason
    )
    record(
        session,
        actor,
        "appointments.stretch",
        "appointment",
        visit.id,
        at=now,
        before={"ends_at": was.isoformat()},
        after={"ends_at": ends_at.isoformat()},
        reason=reason,
    )
    announce(session, actor, stretched, "appointment.stretched", now=now)
    return stretched
