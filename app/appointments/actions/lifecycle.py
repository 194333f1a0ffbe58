"""The steps of a visit's life: confirm, check in, start, finish, cancel, miss, and the way back."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from redis import Redis
from sqlalchemy.orm import Session

from app.appointments.actions.changes import announce, apply, load
from app.appointments.actions.charges import charge, take_back
from app.appointments.actions.overbooking import assigned_after_move
from app.appointments.actions.time_taken import give_back, held_by_others, take_time, taken_by
from app.appointments.models import Appointment
from app.appointments.queries.length import own_length
from app.appointments.rules.policy import LATE_CANCEL, NO_SHOW, patient_may_change
from app.appointments.states import MACHINE, OPEN
from app.catalog.terms import read as read_terms
from app.kernel.access.actor import GUEST, PATIENT, Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, Refused
from app.people import actions as people
from app.scheduling.queries import calendar_view

LONGEST_REASON = 500


def step(
    session: Session,
    actor: Actor,
    appointment_id: uuid.UUID,
    verb: str,
    *,
    now: dt.datetime,
    reason: str | None = None,
    event: str | None = None,
    in_course: bool = False,
    **values: Any,
) -> Appointment:
    """Walk one arrow of the state machine. Raises IllegalMove, MoveForbidden."""
    visit = load(session, actor, appointment_id)
    before = visit.state
    target = MACHINE.move(before, verb, (actor.kind,))
    changed = apply(
        session, actor, visit, verb, {"state": target, **values}, now=now, reason=reason
    )
    record(
        session,
        actor,
        f"appointments.{verb}",
        "appointment",
        appointment_id,
        at=now,
        before={"state": before},
        after={"state": target},
        reason=reason,
    )
    if event is not None:
        announce(session, actor, changed, event, now=now, in_course=in_course)
    return changed


def confirm(
    session: Session, actor: Actor, appointment_id: uuid.UUID, *, now: dt.datetime
) -> Appointment:
    """The patient says that they will come, or staff heard it from them."""
    return step(session, actor, appointment_id, "confirm", now=now, event="appointment.confirmed")


def onboard(
    session: Session, actor: Actor, appointment_id: uuid.UUID, *, now: dt.datetime
) -> Appointment:
    """Make the guest who booked a patient of the clinic; the visit becomes upcoming (APT-05)."""
    changed = step(
        session, actor, appointment_id, "onboard", now=now, event="appointment.onboarded"
    )
    people.onboard(session, actor, changed.patient_id, now)
    return changed


def check_in(
    session: Session, actor: Actor, appointment_id: uuid.UUID, *, now: dt.datetime
) -> Appointment:
    """The patient has arrived. Checking in twice is no error (APT-04)."""
    visit = load(session, actor, appointment_id)
    if visit.checked_in_at is not None:
        return visit
    if visit.state not in OPEN:
        raise Conflict("illegal_move", state=visit.state, verb="check_in")
    changed = apply(session, actor, visit, "check_in", {"checked_in_at": now}, now=now)
    record(session, actor, "appointments.check_in", "appointment", appointment_id, at=now)
    announce(session, actor, changed, "appointment.checked_in", now=now)
    return changed


def undo_check_in(
    session: Session, actor: Actor, appointment_id: uuid.UUID, *, now: dt.datetime
) -> Appointment:
    """The arrival was a mistake; possible until the visit starts."""
    visit = load(session, actor, appointment_id)
    if visit.checked_in_at is None or visit.state not in OPEN:
        raise Conflict("illegal_move", state=visit.state, verb="undo_check_in")
    # Who is not here cannot have been called either.
    values = {"checked_in_at": None, "called_at": None, "called_room_id": None}
    changed = apply(session, actor, visit, "undo_check_in", values, now=now)
    record(session, actor, "appointments.undo_check_in", "appointment", appointment_id, at=now)
    return changed


def start(
    session: Session, actor: Actor, appointment_id: uuid.UUID, *, now: dt.datetime
) -> Appointment:
    """The visit begins."""
    return step(
        session,
        actor,
        appointment_id,
        "start",
        now=now,
        event="appointment.started",
        started_at=now,
    )


def finish(
    session: Session, actor: Actor, appointment_id: uuid.UUID, *, now: dt.datetime
) -> Appointment:
    """The visit is over."""
    return step(
        session, actor, appointment_id, "finish", now=now, event="appointment.done", done_at=now
    )


def cancel(
    session: Session,
    actor: Actor,
    appointment_id: uuid.UUID,
    *,
    now: dt.datetime,
    reason: str = "",
    by_patient: bool | None = None,
    in_course: bool = False,
) -> Appointment:
    """Cancel a visit and free its time; what the patient owes for a late one is recorded (APT-03).

    `by_patient`: staff cancel because the patient asked to; without it, staff cancel for the clinic and nothing is due.
    Raises Refused `cancel_too_late` for a patient inside the notice where the clinic wants to be called.
    """
    visit = load(session, actor, appointment_id)
    MACHINE.check(visit.state, "cancel", (actor.kind,))
    patient = actor.kind in (PATIENT, GUEST)
    if patient and not may_still_change(visit, now):
        raise Refused("cancel_too_late")
    give_back(session, actor.clinic, visit.id)
    cancelled = step(
        session,
        actor,
        appointment_id,
        "cancel",
        now=now,
        reason=reason[:LONGEST_REASON] or None,
        event="appointment.cancelled",
        in_course=in_course,
        cancelled_at=now,
        cancelled_by=actor.kind,
        cancellation_reason=reason[:LONGEST_REASON] or None,
    )
    asked = patient if by_patient is None else by_patient
    charge(
        session,
        actor,
        cancelled,
        LATE_CANCEL,
        starts_at=cancelled.starts_at,
        now=now,
        by_patient=asked,
    )
    return cancelled


def may_still_change(visit: Appointment, now: dt.datetime) -> bool:
    """Whether the terms of the visit still let the patient cancel or move it."""
    return visit.state in OPEN and patient_may_change(now, visit.starts_at, read_terms(visit.terms))


def restore(
    session: Session,
    redis: Redis,
    actor: Actor,
    appointment_id: uuid.UUID,
    *,
    now: dt.datetime,
    in_course: bool = False,
) -> Appointment:
    """Take a cancellation back while the time is still free. Raises Conflict `slot_taken`."""
    visit = load(session, actor, appointment_id)
    MACHINE.check(visit.state, "restore", (actor.kind,))
    calendar = own_length(
        calendar_view(session, actor.clinic, calendar_id=visit.calendar_id), visit
    )
    person = calendar.person(visit.specialist_id)
    taken = taken_by(calendar, visit.starts_at)
    held = held_by_others(redis, session, actor.clinic, calendar, taken, None, now)
    had = (visit.room_id, visit.device_id)
    placed = take_time(
        session, actor.clinic, calendar, person, None, taken, visit.id, prefer=had, held=held
    )
    if placed is None:
        raise Conflict("slot_taken")
    take_back(session, actor, visit, now=now)
    return step(
        session,
        actor,
        appointment_id,
        "restore",
        now=now,
        event="appointment.restored",
        in_course=in_course,
        assignment_reason=assigned_after_move(visit, overbooked=False),
        room_id=placed.room_id,
        device_id=placed.device_id,
        cancelled_at=None,
        cancelled_by=None,
        cancellation_reason=None,
    )


def miss(
    session: Session, actor: Actor, appointment_id: uuid.UUID, *, now: dt.datetime
) -> Appointment:
    """The patient did not come; only after the start. Raises Conflict `not_started_yet`."""
    visit = load(session, actor, appointment_id)
    if now < visit.starts_at:
        raise Conflict("not_started_yet")
    missed = step(session, actor, appointment_id, "miss", now=now, event="appointment.missed")
    charge(session, actor, missed, NO_SHOW, starts_at=missed.starts_at, now=now)
    return missed


def excuse(
    session: Session, actor: Actor, appointment_id: uuid.UUID, *, now: dt.datetime
) -> Appointment:
    """The no-show was a mistake."""
    excused = step(session, actor, appointment_id, "excuse", now=now, event="appointment.excused")
    take_back(session, actor, excused, now=now)
    return excused
