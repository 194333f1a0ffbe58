"""After a visit is done the patient is asked once; a low review reaches the staff at once (APT-02)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.appointments.messages import VisitNews, context, visit_news
from app.appointments.models import Appointment
from app.appointments.permissions import REVIEWS
from app.appointments.reviews.actions import GIVEN
from app.appointments.reviews.models import VisitReview
from app.appointments.reviews.queries import holders, rule_for
from app.appointments.reviews.rules import asked_too_soon
from app.consents.queries import has as has_consented
from app.kernel.outbox import Event, subscribe
from app.messaging import subjects
from app.messaging.actions import enqueue
from app.messaging.models import Delivery
from app.messaging.wordings import EMAIL, SMS, SMS_APPOINTMENTS
from app.people.persons import cards_of

REQUEST, LOW = "review_request", "review_low"


def _unanswered(session: Session, org_id: uuid.UUID, appointment_id: uuid.UUID) -> int | None:
    """0 while the visit is done and nobody has said how it was, so that a late question is never sent."""
    row = session.execute(
        select(Appointment.state, VisitReview.id)
        .outerjoin(
            VisitReview,
            (VisitReview.org_id == Appointment.org_id)
            & (VisitReview.appointment_id == Appointment.id),
        )
        .where(Appointment.org_id == org_id, Appointment.id == appointment_id)
    ).one_or_none()
    if row is None:
        return None
    return 0 if row.state == "done" and row.id is None else 1


subjects.register(REQUEST, _unanswered)


@subscribe("appointment.done", "reviews.ask_patient")
def ask_patient(session: Session, event: Event) -> None:
    """Ask how it was, some hours later: by e-mail, else by text with their consent to texts."""
    appointment_id = event.uuid("appointment_id")
    news = visit_news(session, event.org_id, appointment_id)
    rule = rule_for(session, event.org_id, news.visit.service_id)
    if not rule.asks or asked_too_soon(_last_asked(session, news, event.org_id), event.now):
        return
    way = _way(session, news, event.org_id)
    if way is None:
        return
    channel, recipient = way
    said = {**context(news, event.now), "calendar": None}
    said["review_url"] = f"{said['visit_url']}/review" if said["visit_url"] else None
    enqueue(
        session,
        event.org_id,
        template=REQUEST,
        channel=channel,
        recipient=recipient,
        locale=news.visit.patient_locale,
        context=said,
        subject_type=REQUEST,
        subject_id=appointment_id,
        patient_id=news.visit.patient_id,
        idempotency_key=f"review:{appointment_id}",
        now=event.now,
        send_at=rule.ask_at(event.now),
    )


def _way(session: Session, news: VisitNews, org_id: uuid.UUID) -> tuple[str, str] | None:
    visit = news.visit
    if visit.patient_email:
        return EMAIL, visit.patient_email
    if visit.patient_phone and has_consented(session, org_id, visit.patient_id, SMS_APPOINTMENTS):
        return SMS, visit.patient_phone
    return None


def _last_asked(session: Session, news: VisitNews, org_id: uuid.UUID) -> dt.datetime | None:
    return session.scalar(
        select(func.max(Delivery.created_at)).where(
            Delivery.org_id == org_id,
            Delivery.patient_id.in_(cards_of(org_id, [news.visit.patient_id])),
            Delivery.template == REQUEST,
        )
    )


@subscribe(GIVEN, "reviews.alert_staff")
def alert_staff(session: Session, event: Event) -> None:
    """Tell whoever deals with reviews of a low one, once for each review."""
    review = session.scalars(
        select(VisitReview)
        .where(VisitReview.org_id == event.org_id, VisitReview.id == event.uuid("review_id"))
        .with_for_update()
    ).one_or_none()
    if review is None or review.alerted_at is not None:
        return
    news = visit_news(session, event.org_id, review.appointment_id)
    if not rule_for(session, event.org_id, news.visit.service_id).alarming(review.rating):
        return
    review.alerted_at = event.now
    said = {**context(news, event.now), "calendar": None}
    for one in holders(session, event.org_id, REVIEWS):
        enqueue(
            session,
            event.org_id,
            template=LOW,
            channel=EMAIL,
            recipient=one.email,
            locale=one.locale,
            context={**said, "name": one.name, "rating": review.rating},
            subject_type="review",
            subject_id=review.id,
            idempotency_key=f"review_low:{review.id}:{one.id}",
            now=event.now,
        )
