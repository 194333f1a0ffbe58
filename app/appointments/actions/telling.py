"""Telling the patient once more, because they asked (BOK-03)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy.orm import Session

from app.appointments.messages import context, told_version, visit_news
from app.appointments.queries.asked_forms import forms_to_fill
from app.appointments.rules.telling import CANCELLED as TOLD_CANCELLED
from app.appointments.rules.telling import CONFIRMED as TOLD_CONFIRMED
from app.appointments.states import CANCELLED
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.messaging.actions import enqueue
from app.messaging.wordings import EMAIL

# Presses within this time are one wish.
PATIENCE = dt.timedelta(minutes=10)


def tell_again(
    session: Session, actor: Actor, appointment_id: uuid.UUID, *, now: dt.datetime
) -> bool:
    """Send what holds of a visit to the patient's address again; False when that was just done or there is no address.

    Raises NotFound.
    """
    news = visit_news(session, actor.clinic, appointment_id)
    visit = news.visit
    if not visit.patient_email:
        return False
    version = told_version(session, actor.clinic, appointment_id) or 0
    forms = forms_to_fill(
        session, actor.clinic, patient_id=visit.patient_id, calendar_id=visit.calendar_id
    )
    turn = int(now.timestamp() // PATIENCE.total_seconds())
    queued = enqueue(
        session,
        actor.clinic,
        template=TOLD_CANCELLED if visit.state == CANCELLED else TOLD_CONFIRMED,
        channel=EMAIL,
        recipient=visit.patient_email,
        locale=visit.patient_locale,
        context=context(news, now) | {"forms": forms},
        subject_type="appointment",
        subject_id=visit.id,
        subject_version=version,
        patient_id=visit.patient_id,
        idempotency_key=f"appointment:{visit.id}:{version}:{EMAIL}:asked:{turn}",
        now=now,
    )
    if queued is None:
        return False
    record(session, actor, "appointments.tell_again", "appointment", visit.id, at=now)
    return True
