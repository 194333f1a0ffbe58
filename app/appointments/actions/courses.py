"""Booking a course of visits at once (BYD-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from redis import Redis
from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.appointments.actions.booking import InCourse, Wish, book
from app.appointments.actions.changes import GRACE
from app.appointments.models import Course
from app.kernel.access.actor import STAFF, Actor
from app.kernel.audit.record import record
from app.kernel.outbox import emit
from app.lib.errors import Conflict, Invalid
from app.lib.ids import uuid7
from app.scheduling.queries import CalendarView

BOOKED = "course.booked"
FEWEST, MOST = 2, 60


class CourseTaken(Conflict):
    """A time of the course was taken by somebody else; nothing was booked."""

    def __init__(self, starts_at: dt.datetime) -> None:
        super().__init__("slot_taken")
        self.starts_at = starts_at


@dataclass(frozen=True, slots=True)
class CourseVisit:
    """A visit as it is to be booked."""

    starts_at: dt.datetime
    specialist_id: uuid.UUID | None


def book_course(
    session: Session,
    redis: Redis,
    actor: Actor,
    calendar: CalendarView,
    patient_id: uuid.UUID,
    visits: Sequence[CourseVisit],
    *,
    channel: str,
    time_zone: str,
    now: dt.datetime,
) -> uuid.UUID:
    """Book all of the visits or none, numbered in the order of their starts; the patient is told once.

    Raises CourseTaken for the first time that is not free, Invalid `course_length`.
    """
    if not FEWEST <= len(visits) <= MOST:
        raise Invalid.one("count", "course_length", lowest=FEWEST, highest=MOST)
    course_id = uuid7()
    session.execute(
        insert(Course).values(
            org_id=actor.clinic,
            id=course_id,
            patient_id=patient_id,
            calendar_id=calendar.id,
            planned=len(visits),
            created_by=actor.human_id,
            created_at=now,
        )
    )
    ordered = sorted(visits, key=lambda one: one.starts_at)
    for number, one in enumerate(ordered, 1):
        place = InCourse(course_id, number)
        wish = Wish(one.starts_at, one.specialist_id, channel, time_zone, course=place)
        try:
            book(session, redis, actor, calendar, wish, patient_id, now=now)
        except Conflict:
            raise CourseTaken(one.starts_at) from None
    record(
        session,
        actor,
        "courses.book",
        "course",
        course_id,
        at=now,
        after={"visits": len(ordered), "patient_id": str(patient_id)},
    )
    emit(
        session,
        actor.clinic,
        BOOKED,
        {"course_id": course_id},
        at=now,
        available_at=now + GRACE if actor.kind == STAFF else now,
    )
    return course_id
