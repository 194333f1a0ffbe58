"""How what is to come of a course would turn out elsewhere, and what was cancelled of it together (BYD-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.queries.courses import Opening, Planned, openings, planned
from app.appointments.queries.length import lasting
from app.appointments.queries.visits import VisitView
from app.appointments.rules.course import same_specialist
from app.appointments.rules.length import minutes_of
from app.appointments.states import CANCELLED
from app.kernel.access.actor import STAFF
from app.scheduling.queries import Asker, CalendarView
from app.scheduling.rules.walltime import Minute


@dataclass(frozen=True, slots=True)
class CancelledTogether:
    """Visits of a course that staff cancelled in one go and that are still to come."""

    at: dt.datetime
    visits: int


def plan_move(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    asker: Asker,
    visits: Sequence[VisitView],
    starts: Sequence[Minute],
    specialist_id: uuid.UUID | None = None,
) -> list[Planned]:
    """How each visit would turn out at its new start, the old times of all of them counted as free.

    Each keeps its own length and, where they are free, its specialist; else as few people as possible.
    """
    found = _openings(session, redis, org_id, calendar, asker, visits, starts, specialist_id)
    given = same_specialist([one.able for one in found])
    return [
        planned(
            visit.course_number or 0,
            start,
            str(visit.specialist_id) if str(visit.specialist_id) in opening.able else other,
            opening,
        )
        for visit, start, other, opening in zip(visits, starts, given, found, strict=True)
    ]


def _openings(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    asker: Asker,
    visits: Sequence[VisitView],
    starts: Sequence[Minute],
    specialist_id: uuid.UUID | None,
) -> list[Opening]:
    """One reading of the schedule for each length that visits of the course have: one, as a rule."""
    lengths: dict[int, list[int]] = defaultdict(list)
    for place, visit in enumerate(visits):
        lengths[minutes_of(visit.starts_at, visit.ends_at)].append(place)
    own = [one.id for one in visits]
    found: dict[int, Opening] = {}
    for minutes, places in lengths.items():
        there = openings(
            session,
            redis,
            org_id,
            lasting(calendar, minutes),
            asker,
            [starts[place] for place in places],
            specialist_id,
            own,
        )
        found.update(zip(places, there, strict=True))
    return [found[place] for place in range(len(visits))]


def cancelled_together(
    session: Session, org_id: uuid.UUID, course_id: uuid.UUID, now: dt.datetime
) -> CancelledTogether | None:
    """What of the course staff cancelled last, as far as it is to come."""
    row = session.execute(
        select(Appointment.cancelled_at, func.count().label("visits"))
        .where(
            Appointment.org_id == org_id,
            Appointment.course_id == course_id,
            Appointment.state == CANCELLED,
            Appointment.cancelled_by == STAFF,
            Appointment.starts_at > now,
        )
        .group_by(Appointment.cancelled_at)
        .order_by(Appointment.cancelled_at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else CancelledTogether(row.cancelled_at, row.visits)
