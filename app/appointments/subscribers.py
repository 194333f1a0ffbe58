"""What follows when a visit was booked, moved, cancelled or restored: the patient is told, once and truly."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.appointments.actions.asking_forms import open_asked_forms
from app.appointments.course_messages import SUBJECT as COURSE
from app.appointments.course_messages import (
    change_context,
    course_context,
    course_news,
    standing_of,
    told_alone,
    told_before,
)
from app.appointments.messages import (
    VisitNews,
    context,
    told_version,
    told_versions,
    visit_news,
)
from app.appointments.models import Appointment
from app.appointments.queries.asked_forms import forms_to_fill
from app.appointments.queries.courses import course_visits
from app.appointments.queries.visits import VisitView
from app.appointments.rules.telling import Told, news
from app.appointments.states import CANCELLED
from app.consents.queries import has as has_consented
from app.kernel.access.actor import system
from app.kernel.outbox import Event, subscribe
from app.messaging import subjects
from app.messaging.actions import enqueue
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
    template = news(standing_of(visit), _told(session, visit, event, channel), event.now)
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
        context=_for_channel(
            context(told_of, event.now) | _to_fill(session, event, visit), channel
        ),
        subject_type=SUBJECT,
        subject_id=visit.id,
        subject_version=version,
        patient_id=visit.patient_id,
        idempotency_key=f"appointment:{visit.id}:{version}:{channel}",
        now=event.now,
    )


def _told(session: Session, visit: VisitView, event: Event, channel: str) -> Told | None:
    if visit.course_id is not None:
        return told_before(session, event.org_id, visit.course_id, [visit], channel).get(visit.id)
    before = last_sent(session, event.org_id, SUBJECT, visit.id, channel)
    return None if before is None else told_alone(before, channel)


def _to_fill(session: Session, event: Event, visit: VisitView) -> dict[str, Any]:
    """What the patient is asked to fill in before the visit."""
    return {
        "forms": forms_to_fill(
            session, event.org_id, patient_id=visit.patient_id, calendar_id=visit.calendar_id
        )
    }


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
    said = course_context(told_of, standing, event.now) | _to_fill(session, event, standing[0])
    for channel, recipient in _ways(session, told_of, event).items():
        key = f"course:{course_id}:{channel}"
        _tell_of_course(session, event, told_of, "course_booked", channel, recipient, said, key)


@subscribe("course.changed", "appointments.tell_of_course_change")
def tell_of_course_change(session: Session, event: Event) -> None:
    """Tell the patient in one message what was moved, cancelled or restored of a course.

    A visit that was changed again since is told of by that later change.
    """
    course_id = event.uuid("course_id")
    visits = course_visits(session, event.org_id, course_id)
    if not visits:
        return
    versions = told_versions(session, event.org_id, [one.id for one in visits])
    changed = [
        one.id for one in visits if event.payload["versions"].get(str(one.id)) == versions[one.id]
    ]
    told_of = visit_news(session, event.org_id, visits[0].id)
    for channel, recipient in _ways(session, told_of, event).items():
        told = told_before(session, event.org_id, course_id, visits, channel)
        found = course_news(visits, changed, told, event.now)
        if found.empty:
            continue
        said = change_context(told_of, found, event.now)
        key = f"course_change:{event.id}:{channel}"
        _tell_of_course(session, event, told_of, "course_changed", channel, recipient, said, key)


def _tell_of_course(
    session: Session,
    event: Event,
    told_of: VisitNews,
    template: str,
    channel: str,
    recipient: str,
    said: dict[str, Any],
    key: str,
) -> None:
    enqueue(
        session,
        event.org_id,
        template=template,
        channel=channel,
        recipient=recipient,
        locale=told_of.visit.patient_locale,
        context=_for_channel(said, channel),
        subject_type=COURSE,
        subject_id=event.uuid("course_id"),
        patient_id=told_of.visit.patient_id,
        idempotency_key=key,
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
