"""Booking: one transaction for contact, consent, taken time, visit, audit and event (BOK-01, BOK-04, SCH-05)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.actions.addons import keep_addons
from app.appointments.actions.changes import announce, note_change
from app.appointments.actions.overbooking import demand_overbooking, note_overbooking
from app.appointments.actions.time_taken import held_by_others, take_time, taken_by
from app.appointments.models import Appointment
from app.appointments.queries.fairness import standings_of
from app.appointments.queries.offers import assignment_key
from app.appointments.rules.overbooking import OVERBOOKED
from app.appointments.states import BOOKED, UPCOMING
from app.catalog.terms import stored as stored_terms
from app.consents.actions import grant
from app.kernel.access.actor import GUEST, Actor
from app.kernel.audit.record import record
from app.kernel.db import write_object
from app.lib.errors import Conflict, Invalid
from app.lib.ids import reference_code, uuid7
from app.people.actions import Contact, add_guest
from app.people.models import Patient
from app.scheduling.actions import Placed, Taken
from app.scheduling.queries import Asker, CalendarView, free_at
from app.scheduling.queries.calendars import Person
from app.scheduling.queries.classes import meeting_with
from app.scheduling.rules.assignment import Wish as AssignmentWish
from app.scheduling.rules.assignment import assign

LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True)
class Assigned:
    """The specialist whom a hold was given to, and why; tried first when the visit is booked."""

    specialist_id: uuid.UUID
    reason: str


@dataclass(frozen=True, slots=True)
class InCourse:
    """The place of a visit in a course of visits."""

    course_id: uuid.UUID
    number: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to book. `client` is the browser whose hold is free to it.

    `specialist_id` binds; `assigned` is what the page has shown, and gives way to somebody else who is free;
    `patient_id` says who holds the time, where they are known, for the sake of their usual specialist; `visit_id` is
    the identifier that the visit shall have, where somebody needs it before.
    """

    starts_at: dt.datetime
    specialist_id: uuid.UUID | None
    channel: str
    time_zone: str
    client: str | None = None
    note: str = ""
    room_id: uuid.UUID | None = None
    assigned: Assigned | None = None
    patient_id: uuid.UUID | None = None
    course: InCourse | None = None
    visit_id: uuid.UUID | None = None


def book_as_guest(
    session: Session,
    redis: Redis,
    actor: Actor,
    calendar: CalendarView,
    wish: Wish,
    contact: Contact,
    *,
    texts_allowed: bool,
    now: dt.datetime,
    text_id: uuid.UUID | None = None,
) -> Appointment:
    """Book for somebody without an account: card, consent to texts and visit at once.

    `text_id` is the current text of that consent, where the caller has read it.
    Raises Conflict `slot_taken`, Invalid `slot_past`.
    """
    place = _place(session, redis, actor, calendar, wish, None, now=now)
    patient_id = add_guest(session, actor, contact, now)
    if texts_allowed:
        grant(
            session,
            actor,
            patient_id=patient_id,
            purpose="sms_appointments",
            source="booking",
            now=now,
            version_id=text_id,
            first=True,
        )
    return _enter(session, actor, calendar, wish, patient_id, place, now)


def book(
    session: Session,
    redis: Redis,
    actor: Actor,
    calendar: CalendarView,
    wish: Wish,
    patient_id: uuid.UUID,
    *,
    now: dt.datetime,
    overbook: str | None = None,
) -> Appointment:
    """Book a visit for a patient of the clinic.

    The engine that listed the slot accepts it (BYD-01), the assignment is stored with its reason (SCH-03), and the
    overlap constraint decides between two who come at once: the loser gets Conflict `slot_taken`.
    `overbook` is why the visit may stand on taken time, by those who may (SCH-08); on a free time it is idle.
    """
    place = _place(session, redis, actor, calendar, wish, patient_id, now=now, overbook=overbook)
    return _enter(session, actor, calendar, wish, patient_id, place, now)


@dataclass(frozen=True, slots=True)
class _Place:
    """Time that is taken for a visit: whose and why, and the reason for overbooking where it stands on taken time."""

    appointment_id: uuid.UUID
    person: Person
    reason: str
    placed: Placed
    said: str | None


def _place(
    session: Session,
    redis: Redis,
    actor: Actor,
    calendar: CalendarView,
    wish: Wish,
    patient_id: uuid.UUID | None,
    *,
    now: dt.datetime,
    overbook: str | None = None,
) -> _Place:
    """Take the time, before anything is written: who comes too late has cost next to nothing."""
    if wish.starts_at < now:
        raise Invalid.one("starts_at", "slot_past")
    org_id = actor.clinic
    asker = Asker(now, wish.client, staff=actor.kind != GUEST and wish.channel != "portal")
    able = free_at(session, redis, org_id, calendar, asker, wish.starts_at, wish.specialist_id)
    said = None
    if not able and overbook is not None:
        said = demand_overbooking(
            session,
            redis,
            actor,
            calendar,
            asker,
            wish.starts_at,
            wish.specialist_id,
            overbook,
        )
    appointment_id = wish.visit_id or uuid7()
    taken = taken_by(calendar, wish.starts_at)
    held = held_by_others(redis, session, org_id, calendar, taken, wish.client, now)
    if said is not None:
        person, reason, placed = _take_over(
            session, org_id, calendar, wish, appointment_id, taken, held, said
        )
    else:
        person, reason, placed = _assign_and_take(
            session, org_id, calendar, wish, able, patient_id, appointment_id, taken, held, now
        )
    return _Place(appointment_id, person, reason, placed, said)


def _enter(
    session: Session,
    actor: Actor,
    calendar: CalendarView,
    wish: Wish,
    patient_id: uuid.UUID,
    place: _Place,
    now: dt.datetime,
) -> Appointment:
    """Write the visit with its history, audit and event."""
    appointment = _write(session, actor, calendar, wish, patient_id, place, now)
    keep_addons(session, appointment, calendar.addons, now)
    note_change(session, actor, appointment, "book", now=now, from_state=None)
    record(
        session,
        actor,
        "appointments.book",
        "appointment",
        appointment.id,
        at=now,
        after={
            "starts_at": wish.starts_at.isoformat(),
            "specialist_id": str(place.person.id),
            "service_id": str(calendar.service_id),
            "patient_id": str(patient_id),
            "channel": wish.channel,
            "state": appointment.state,
        },
    )
    if place.said is not None:
        note_overbooking(session, actor, appointment, place.said, now=now)
    in_course = wish.course is not None
    announce(session, actor, appointment, "appointment.booked", now=now, in_course=in_course)
    return appointment


def _take_over(
    session: Session,
    org_id: uuid.UUID,
    calendar: CalendarView,
    wish: Wish,
    appointment_id: uuid.UUID,
    taken: Taken,
    held: frozenset[int],
    said: str,
) -> tuple[Person, str, Placed]:
    """The taken time of the specialist who is named; its room and device are nobody else's all the same."""
    assert wish.specialist_id is not None  # demand_overbooking has seen to it
    person = calendar.person(wish.specialist_id)
    placed = take_time(
        session,
        org_id,
        calendar,
        person,
        wish.room_id,
        taken,
        appointment_id,
        held=held,
        overbook_reason=said,
    )
    if placed is None:
        raise Conflict("slot_taken")
    return person, OVERBOOKED, placed


def _assign_and_take(
    session: Session,
    org_id: uuid.UUID,
    calendar: CalendarView,
    wish: Wish,
    able: Sequence[uuid.UUID],
    patient_id: uuid.UUID | None,
    appointment_id: uuid.UUID,
    taken: Taken,
    held: frozenset[int],
    now: dt.datetime,
) -> tuple[Person, str, Placed]:
    """Choose among the free; where a choice was just taken by another, choose among the rest."""
    usual = partial(usual_specialist, session, org_id, patient_id)
    for person, why in candidates(session, org_id, calendar, wish, able, usual, now):
        placed = take_time(
            session, org_id, calendar, person, wish.room_id, taken, appointment_id, held=held
        )
        if placed is not None:
            return person, why, placed
    raise Conflict("slot_taken")


def candidates(
    session: Session,
    org_id: uuid.UUID,
    calendar: CalendarView,
    wish: Wish,
    able: Sequence[uuid.UUID],
    usual: Callable[[], str | None],
    now: dt.datetime,
) -> Iterator[tuple[Person, str]]:
    """Who of the free shall take the visit, best first, and why: whom a hold names, then by assignment (SCH-03)."""
    free = {str(one) for one in able}
    if wish.assigned is not None and str(wish.assigned.specialist_id) in free:
        yield calendar.person(wish.assigned.specialist_id), wish.assigned.reason
        free.discard(str(wish.assigned.specialist_id))
    if calendar.offer.capacity > 1 and len(free) > 1:
        meets = meeting_with(session, org_id, calendar.id, wish.starts_at)
        for one in sorted(free & meets):
            yield calendar.person(uuid.UUID(one)), "class_meets"
        free -= meets
    many = len(free) > 1
    shares = standings_of(session, org_id, calendar, now) if many else []
    known = usual() if many else None
    key = assignment_key(calendar, wish.starts_at)
    while free:
        if len(free) == 1:
            chosen, why = next(iter(free)), _single_reason(wish)
        else:
            picked = assign(calendar.strategy, shares, free, key, AssignmentWish(None, known))
            chosen, why = picked.chosen, picked.why.value
        yield calendar.person(uuid.UUID(chosen)), why
        free.discard(chosen)


def _single_reason(wish: Wish) -> str:
    return "chosen_by_patient" if wish.specialist_id is not None else "only_one_free"


def usual_specialist(
    session: Session, org_id: uuid.UUID, patient_id: uuid.UUID | None
) -> str | None:
    """The specialist whom the patient prefers or saw last (BYD-03); nobody's for one who is not known."""
    if patient_id is None:
        return None
    preferred = session.scalar(
        select(Patient.preferred_specialist_id).where(
            Patient.org_id == org_id, Patient.id == patient_id
        )
    )
    last = preferred or session.scalar(
        select(Appointment.specialist_id)
        .where(
            Appointment.org_id == org_id,
            Appointment.patient_id == patient_id,
            Appointment.state.in_(("done", "in_progress", "upcoming", "confirmed")),
        )
        .order_by(Appointment.starts_at.desc())
        .limit(1)
    )
    return str(last) if last else None


def _write(
    session: Session,
    actor: Actor,
    calendar: CalendarView,
    wish: Wish,
    patient_id: uuid.UUID,
    place: _Place,
    now: dt.datetime,
) -> Appointment:
    values = {
        "org_id": actor.clinic,
        "id": place.appointment_id,
        "reference": reference_code(),
        "patient_id": patient_id,
        "service_id": calendar.service_id,
        "calendar_id": calendar.id,
        "specialist_id": place.person.id,
        "location_id": place.person.location_id,
        "room_id": place.placed.room_id,
        "device_id": place.placed.device_id,
        "starts_at": wish.starts_at,
        "ends_at": wish.starts_at + dt.timedelta(minutes=calendar.offer.duration_min),
        "state": BOOKED if actor.kind == GUEST else UPCOMING,
        "version": 0,
        "channel": wish.channel,
        "modality": calendar.modality,
        "time_zone": wish.time_zone,
        "price_minor": calendar.price_minor,
        "currency": calendar.currency,
        "note": wish.note[:LONGEST_NOTE],
        "booked_by": actor.human_id,
        "assignment_reason": place.reason,
        "terms": stored_terms(calendar.terms),
        "course_id": wish.course.course_id if wish.course else None,
        "course_number": wish.course.number if wish.course else None,
        "created_at": now,
    }
    made: Appointment = write_object(session, Appointment, values)
    # A card that is being merged hands its visit on to the kept one (BYD-09): read back where anybody asks.
    session.expire(made, ["patient_id"])
    return made
