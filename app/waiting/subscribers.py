"""What moves the list: time that became free, somebody who joined, an answer, a booking."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.kernel.access.actor import system
from app.kernel.outbox import Event, subscribe
from app.messaging import subjects
from app.messaging.actions import enqueue
from app.scheduling.holds import at_hand
from app.waiting.actions import leave_booked, offer_freed
from app.waiting.messages import context, open_version, ways
from app.waiting.queries import entry_view, offer_view

SUBJECT = "waiting_offer"
subjects.register(SUBJECT, open_version)


@subscribe("appointment.cancelled", "waiting.offer_freed")
@subscribe("appointment.moved", "waiting.offer_freed")
@subscribe("appointment.stretched", "waiting.offer_freed")
@subscribe("waiting.joined", "waiting.offer_freed")
@subscribe("waiting.offer_ended", "waiting.offer_freed")
def offer_to_the_next(session: Session, event: Event) -> None:
    """Something may be free now: offer it."""
    offer_freed(session, at_hand(), event.org_id, now=event.now)


@subscribe("appointment.booked", "waiting.leave_booked")
def wait_no_more(session: Session, event: Event) -> None:
    """Who has booked the service waits no more for it."""
    visit = session.get(Appointment, (event.org_id, event.uuid("appointment_id")))
    if visit is not None and visit.state != "cancelled":
        leave_booked(
            session, system(event.org_id), visit.patient_id, visit.service_id, now=event.now
        )


@subscribe("waiting.offered", "waiting.tell_patient")
def tell_patient(session: Session, event: Event) -> None:
    """Tell the person of the offered time, by e-mail and, with their consent, by text."""
    offer = offer_view(session, event.org_id, event.uuid("offer_id"))
    if offer.state != "open":
        return
    entry = entry_view(session, event.org_id, offer.entry_id)
    said = context(session, event.org_id, entry, offer)
    for channel, recipient in ways(session, event.org_id, entry).items():
        enqueue(
            session,
            event.org_id,
            template="waiting_offer",
            channel=channel,
            recipient=recipient,
            locale=entry.patient_locale,
            context=said,
            subject_type=SUBJECT,
            subject_id=offer.id,
            patient_id=entry.patient_id,
            idempotency_key=f"waiting_offer:{offer.id}:{channel}",
            now=event.now,
        )
