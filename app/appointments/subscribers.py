"""What follows when a visit was booked, moved, cancelled or restored: the patient is told, once and truly."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from app.appointments.actions.asking_forms import open_asked_forms
from app.appointments.messages import (
    VisitNews,
    context,
    course_context,
    told_by_course,
    told_version,
    visit_news,
)
from app.appointments.models import Appointment
from app.appointments.queries.courses import course_visits
from app.appointments.rules.telling import Standing, Told, news
from app.appointments.states import CANCELLED
from app.consents.queries import has as has_consented
from app.kernel.access.actor import system
from app.kernel.outbox import Event, subscribe
from app.messaging import subjects
from app.messaging.actions import enqueue
from app.messaging.models import Delivery
from app.messaging.queries import last_sent
from app.messaging.wordings import EMAIL, SMS, SMS_APPOINTMENTS

SUBJECT = "appointment"
subjects.register(SUBJECT, told_version)


@subscribe("appointment.booked", "appointments.tell_patient")
@subscribe("appointment.moved", "appointments.tell_patient")
@subscribe("appointment.stretched", "appointments.tell_patient")
@subscribe("appointment.cancelled", "appointments.tell_patient")
@subscribe("appointment.restored", "appointments.tell_patient")
def tell_patient(session: Session, event: Event) -> None:
    """Bring the patient up to date by e-mail and, with their consent, by text.

    Only the newest change speaks: an event that a later one has overtaken stays silent, and that one tells the whole.
    """
    if event.payload.get("course"):
        return  # The course tells of all its visits at once.
    appointment_id = event.uuid("appointment_id")
    version = told_version(session, event.org_id, appointment_id)
    if version != event.payload["version"]:
        return
    told_of = visit_news(session, event.org_id, appointment_id)
    for channel, recipient in _ways(session, told_of, event).items():
        _tell(session, event, told_of, channel, recipient)


def _ways(session: Session, told_of: VisitNews, event: Event) -> dict[str, str]:
    visit = told_of.visit
    ways: dict[str, str] = {}
    if visit.patient_email:
        ways[EMAIL] = visit.patient_email
    if visit.patient_phone and has_consented(
        session, event.org_id, visit.patient_id, SMS_APPOINTMENTS
    ):
        ways[SMS] = visit.patient_phone
    return ways


def _tell(session: Session, event: Event, told_of: VisitNews, channel: str, recipient: str) -> None:
    visit = told_of.visit
    before = last_sent(session, event.org_id, SUBJECT, visit.id, channel)
    standing = Standing(
        visit.starts_at,
        str(visit.specialist_id),
        visit.created_at,
        visit.cancelled_at,
        visit.ends_at,
    )
    told = _told(before, channel) or told_by_course(session, event.org_id, visit)
    template = news(standing, told, event.now)
    if template is None:
        return
    version = event.payload["version"]
    enqueue(
        session,
        event.org_id,
        template=template,
        channel=channel,
        recipient=recipient,
        locale=visit.patient_locale,
        context=_for_channel(context(told_of, event.now), channel),
        subject_type=SUBJECT,
        subject_id=visit.id,
        subject_version=version,
        patient_id=visit.patient_id,
        idempotency_key=f"appointment:{visit.id}:{version}:{channel}",
        now=event.now,
    )


def _told(delivery: Delivery | None, channel: str) -> Told | None:
    if delivery is None:
        return None
    said = delivery.context
    # A text says when a visit begins; its end is said, and kept right in calendars, by e-mail.
    ends_at = said.get("ends_at") if channel == EMAIL else None
    return Told(
        delivery.template,
        dt.datetime.fromisoformat(said["starts_at"]),
        said["specialist_id"],
        dt.datetime.fromisoformat(ends_at) if ends_at else None,
    )


def _for_channel(said: dict[str, Any], channel: str) -> dict[str, Any]:
    """A text carries no file, so none is kept with it."""
    return said if channel == EMAIL else {**said, "calendar": None}


@subscribe("course.booked", "appointments.tell_of_course")
def tell_of_course(session: Session, event: Event) -> None:
    """Tell the patient of a whole course in one message on each channel."""
    course_id = event.uuid("course_id")
    standing = [
        one for one in course_visits(session, event.org_id, course_id) if one.cancelled_at is None
    ]
    if not standing:
        return
    told_of = visit_news(session, event.org_id, standing[0].id)
    said = course_context(told_of, standing)
    for channel, recipient in _ways(session, told_of, event).items():
        enqueue(
            session,
            event.org_id,
            template="course_booked",
            channel=channel,
            recipient=recipient,
            locale=standing[0].patient_locale,
            context=said,
            subject_type="course",
            subject_id=course_id,
            patient_id=standing[0].patient_id,
            idempotency_key=f"course:{course_id}:{channel}",
            now=event.now,
        )


@subscribe("appointment.booked", "appointments.open_forms")
def open_forms(session: Session, event: Event) -> None:
    """Open the forms that the visit's calendar asks for."""
    visit = session.get(Appointment, (event.org_id, event.uuid("appointment_id")))
    if visit is None or visit.calendar_id is None or visit.state == CANCELLED:
        return
    open_asked_forms(
        session,
        system(event.org_id),
        patient_id=visit.patient_id,
        calendar_id=visit.calendar_id,
        appointment_id=visit.id,
        now=event.now,
    )
