"""Changing what is to come of a course: moved, cancelled, restored together, and told in one message (BYD-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.actions.changes import GRACE, demand_version
from app.appointments.actions.courses import CourseTaken
from app.appointments.actions.lifecycle import cancel, restore
from app.appointments.actions.moving import NewTime, move
from app.appointments.actions.time_taken import give_back
from app.appointments.models import Appointment
from app.appointments.states import CANCELLED, OPEN
from app.kernel.access.actor import STAFF, Actor
from app.kernel.audit.record import record
from app.kernel.outbox import emit
from app.lib.errors import Conflict, Invalid

CHANGED = "course.changed"


@dataclass(frozen=True, slots=True)
class CourseMove:
    """A visit of a course, as it was seen, and where it shall go."""

    visit_id: uuid.UUID
    version: int
    starts_at: dt.datetime
    specialist_id: uuid.UUID


def move_course(
    session: Session,
    redis: Redis,
    actor: Actor,
    course_id: uuid.UUID,
    moves: Sequence[CourseMove],
    *,
    now: dt.datetime,
) -> int:
    """Move the visits together, all or none; gives how many have another time or specialist now.

    Their own times are free for each other. Raises CourseTaken for the first time that is not free, Conflict
    `appointment_changed` where a visit is not as it was seen or not of this course, Invalid `slot_past`.
    """
    seen = [(one, _as_seen(session, actor, course_id, one)) for one in moves]
    going = [
        one
        for one, visit in seen
        if (one.starts_at, one.specialist_id) != (visit.starts_at, visit.specialist_id)
    ]
    for one in going:
        if one.starts_at < now:
            raise Invalid.one("starts_at", "slot_past")
        give_back(session, actor.clinic, one.visit_id)
    moved = [_move(session, redis, actor, one, now) for one in going]
    if moved:
        _note(session, actor, "courses.move", course_id, moved, now=now)
    return len(moved)


def cancel_course(
    session: Session,
    actor: Actor,
    course_id: uuid.UUID,
    *,
    since: int = 1,
    now: dt.datetime,
    reason: str = "",
) -> int:
    """Cancel the open visits of a course from a number on that are still to come; gives how many."""
    visits = session.scalars(
        select(Appointment.id)
        .where(
            Appointment.org_id == actor.clinic,
            Appointment.course_id == course_id,
            Appointment.course_number >= since,
            Appointment.state.in_(OPEN),
            Appointment.starts_at > now,
        )
        .order_by(Appointment.course_number)
    ).all()
    cancelled = [
        cancel(session, actor, one, now=now, reason=reason, in_course=True) for one in visits
    ]
    if cancelled:
        _note(session, actor, "courses.cancel", course_id, cancelled, now=now, reason=reason)
    return len(cancelled)


class CourseNotFree(Conflict):
    """Some of the cancelled visits' times were taken meanwhile; nothing was restored."""

    def __init__(self, starts: Sequence[dt.datetime]) -> None:
        super().__init__("slot_taken")
        self.starts = starts


def restore_course(
    session: Session,
    redis: Redis,
    actor: Actor,
    course_id: uuid.UUID,
    cancelled_at: dt.datetime,
    *,
    now: dt.datetime,
    only_free: bool = False,
) -> int:
    """Take back what was cancelled together at that moment, as far as it is to come; gives how many visits.

    Raises CourseNotFree with all the times that are taken by now; with `only_free` those stay cancelled.
    """
    visits = session.execute(
        select(Appointment.id, Appointment.starts_at)
        .where(
            Appointment.org_id == actor.clinic,
            Appointment.course_id == course_id,
            Appointment.state == CANCELLED,
            Appointment.cancelled_at == cancelled_at,
            Appointment.starts_at > now,
        )
        .order_by(Appointment.course_number)
    ).all()
    restored: list[Appointment] = []
    taken: list[dt.datetime] = []
    for visit_id, starts_at in visits:
        try:
            with session.begin_nested():
                restored.append(restore(session, redis, actor, visit_id, now=now, in_course=True))
        except Conflict:
            taken.append(starts_at)
    if taken and not only_free:
        raise CourseNotFree(taken)
    if restored:
        _note(session, actor, "courses.restore", course_id, restored, now=now)
    return len(restored)


def _as_seen(session: Session, actor: Actor, course_id: uuid.UUID, one: CourseMove) -> Appointment:
    visit = demand_version(session, actor, one.visit_id, one.version)
    if visit.course_id != course_id:
        raise Conflict("appointment_changed")
    return visit


def _move(
    session: Session, redis: Redis, actor: Actor, one: CourseMove, now: dt.datetime
) -> Appointment:
    target = NewTime(one.starts_at, one.specialist_id)
    try:
        return move(session, redis, actor, one.visit_id, target, now=now, in_course=True)
    except Conflict as error:
        if error.code != "slot_taken":
            raise
        raise CourseTaken(one.starts_at) from None


def _note(
    session: Session,
    actor: Actor,
    action: str,
    course_id: uuid.UUID,
    visits: Iterable[Appointment],
    *,
    now: dt.datetime,
    reason: str = "",
) -> None:
    """One line in the trail, and the event that tells the patient of all of them."""
    versions = {str(one.id): one.version for one in visits}
    record(
        session,
        actor,
        action,
        "course",
        course_id,
        at=now,
        after={"visits": len(versions)},
        reason=reason or None,
    )
    emit(
        session,
        actor.clinic,
        CHANGED,
        {"course_id": course_id, "versions": versions},
        at=now,
        available_at=now + GRACE if actor.kind == STAFF else now,
    )
