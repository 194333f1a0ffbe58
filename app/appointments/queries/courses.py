"""Courses of visits: how a planned one would turn out, and how a booked one stands (BYD-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.actions.booking import usual_specialist
from app.appointments.models import Appointment, Course
from app.appointments.queries.visits import VisitView, visits
from app.appointments.rules.course import same_specialist
from app.lib.errors import NotFound
from app.scheduling.queries import Asker, CalendarView
from app.scheduling.queries.ignoring import Ignoring
from app.scheduling.queries.serving import pools_around, serving
from app.scheduling.queries.slots import Found, Slot, chosen
from app.scheduling.rules.refusals import Refusal, why_each
from app.scheduling.rules.walltime import Minute, from_datetime, to_datetime

AROUND = dt.timedelta(days=3)
ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class Planned:
    """One visit of a planned course: with whom it can be, or why not and what is free near it."""

    number: int
    starts_at: dt.datetime
    specialist_id: uuid.UUID | None
    refusals: dict[str, tuple[Refusal, ...]]
    nearest: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """Who is free at a start (identifiers as text), why the others are not, and what is free near it."""

    able: list[str]
    refusals: dict[str, tuple[Refusal, ...]]
    nearest: tuple[Slot, ...]


def plan(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    asker: Asker,
    starts: Sequence[Minute],
    patient_id: uuid.UUID,
    specialist_id: uuid.UUID | None = None,
) -> list[Planned]:
    """How each visit would turn out, from one reading of the schedule whatever their number (BYD-01)."""
    found = openings(session, redis, org_id, calendar, asker, starts, specialist_id)
    usual = usual_specialist(session, org_id, patient_id)
    given = same_specialist([one.able for one in found], usual)
    return [
        planned(number, start, who, opening)
        for number, (start, who, opening) in enumerate(zip(starts, given, found, strict=True), 1)
    ]


def planned(number: int, start: Minute, who: str | None, opening: Opening) -> Planned:
    """A visit with whom it was given to, or with the reasons against it and the times near it."""
    return Planned(
        number,
        to_datetime(start),
        uuid.UUID(who) if who else None,
        {} if who else opening.refusals,
        () if who else opening.nearest,
    )


def openings(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    asker: Asker,
    starts: Sequence[Minute],
    specialist_id: uuid.UUID | None = None,
    ignoring: Ignoring = None,
) -> list[Opening]:
    """Who could take each start. `ignoring`: visits whose own time counts as free."""
    since = max(to_datetime(min(starts)) - AROUND, asker.now)
    until = max(to_datetime(max(starts)) + AROUND, since)
    people = [one for one in chosen(calendar.people, specialist_id) if one.active]
    there = serving(session, redis, org_id, calendar, people, asker, since, until, ignoring)
    pools = pools_around(session, redis, org_id, calendar, asker, since, until, ignoring)
    span = (from_datetime(since), from_datetime(until))
    found = Found.of(calendar, asker, there, span, pools)
    free = found.slots()
    past = from_datetime(asker.now)
    result = []
    for start in starts:
        why = why_each(found.offer, there, start, asker.asking, pools)
        able = [one.id for one in there if one.id not in why] if start >= past else []
        result.append(Opening(able, why, _nearest(free, to_datetime(start), starts)))
    return result


def course_view(session: Session, org_id: uuid.UUID, course_id: uuid.UUID) -> Course:
    """A course. Raises NotFound."""
    found = session.get(Course, (org_id, course_id))
    if found is None:
        raise NotFound("course_not_found")
    return found


def course_visits(session: Session, org_id: uuid.UUID, course_id: uuid.UUID) -> list[VisitView]:
    """The visits of a course by number."""
    rows = session.execute(
        visits()
        .where(Appointment.org_id == org_id, Appointment.course_id == course_id)
        .order_by(Appointment.course_number)
    )
    return [VisitView(*row) for row in rows]


def courses_of(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> Sequence[Course]:
    """A patient's courses, the newest first."""
    return session.scalars(
        select(Course)
        .where(Course.org_id == org_id, Course.patient_id == patient_id)
        .order_by(Course.created_at.desc(), Course.id.desc())
    ).all()


def _nearest(
    free: Sequence[Slot], wanted: dt.datetime, planned: Sequence[Minute]
) -> tuple[Slot, ...]:
    """The free times nearest to one that is taken, none of which the course has already."""
    others = {to_datetime(one) for one in planned}
    near = [
        one for one in free if abs(one.starts_at - wanted) <= AROUND and one.starts_at not in others
    ]
    near.sort(key=lambda one: abs(one.starts_at - wanted))
    return tuple(sorted(near[:ALTERNATIVES], key=lambda one: one.starts_at))
