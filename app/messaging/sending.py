"""Sending what is queued: the last look before a message leaves, and what becomes of it (NTF-01, NTF-02)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.consents import queries as consents
from app.integrations import resolve
from app.integrations.email.port import EMAIL, Receipt
from app.integrations.errors import ProviderError, UnknownProvider
from app.integrations.sms.port import SMS, SmsReceipt
from app.kernel.logs import logger
from app.kernel.metrics import DELIVERIES
from app.kernel.tenancy.models import Organization
from app.messaging import compose, sealed, subjects, wordings
from app.messaging.actions import announce
from app.messaging.models import Delivery
from app.messaging.rules.quiet_hours import quiet_until
from app.messaging.rules.retries import next_attempt
from app.messaging.wordings import wording

QUEUED, SENT, FAILED = "queued", "sent", "failed"
SUPERSEDED, SUPPRESSED = "superseded", "suppressed"
NO_CONSENT = "no_consent"
log = logger(__name__)


def deliver(
    session: Session,
    org_id: uuid.UUID,
    delivery_id: uuid.UUID,
    *,
    now: dt.datetime,
    interrupted: bool = False,
) -> None:
    """Send one queued message, or settle why not. Everything is written in the caller's transaction.

    `interrupted` says that an earlier attempt may have reached the provider without our knowing. The row is locked,
    so two workers never send it at once; a delivery that is no longer queued is left alone.
    """
    delivery = _claim(session, org_id, delivery_id)
    if delivery is None:
        return
    if subjects.moved_on(
        session, org_id, delivery.subject_type, delivery.subject_id, delivery.subject_version
    ):
        _settle(delivery, SUPERSEDED)
    elif _lacks_consent(session, delivery):
        _settle(delivery, SUPPRESSED, NO_CONSENT)
    elif (morning := _quiet_until(session, delivery, now)) is not None:
        announce(session, org_id, delivery_id, at=now, send_at=morning)
    else:
        _attempt(session, delivery, now, interrupted)


def _claim(session: Session, org_id: uuid.UUID, delivery_id: uuid.UUID) -> Delivery | None:
    return session.scalars(
        select(Delivery)
        .where(Delivery.org_id == org_id, Delivery.id == delivery_id, Delivery.state == QUEUED)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def _lacks_consent(session: Session, delivery: Delivery) -> bool:
    purpose = wording(delivery.template, delivery.channel).sms_purpose
    if delivery.channel != wordings.SMS or purpose is None or delivery.patient_id is None:
        return False
    return not consents.has(session, delivery.org_id, delivery.patient_id, purpose)


def _quiet_until(session: Session, delivery: Delivery, now: dt.datetime) -> dt.datetime | None:
    waits = wording(delivery.template, delivery.channel).waits_for_morning
    if delivery.channel != wordings.SMS or not waits:
        return None
    clinics = select(Organization.time_zone).where(Organization.id == delivery.org_id)
    zone = delivery.context.get("time_zone") or session.scalars(clinics).one()
    return quiet_until(now, str(zone))


def _attempt(session: Session, delivery: Delivery, now: dt.datetime, interrupted: bool) -> None:
    again = interrupted or delivery.attempts > 0
    delivery.attempts += 1
    try:
        receipt = _SEND[delivery.channel](session, delivery, again)
    except ProviderError as error:
        _after_failure(session, delivery, now, error)
    except UnknownProvider:
        _settle(delivery, FAILED, "provider_unknown")
    else:
        delivery.provider, delivery.provider_reference = receipt.provider, receipt.reference
        delivery.sent_at = now
        _settle(delivery, SENT)


def _send_email(session: Session, delivery: Delivery, again: bool) -> Receipt:
    """The same key gives the same Message-ID, so `again` needs no special care here."""
    sender = resolve.provider(session, delivery.org_id, EMAIL)
    delivery.provider = sender.name
    message = compose.email(delivery, compose.clinic_context(session, delivery.org_id))
    return sender.send(message, delivery.idempotency_key)


def _send_sms(session: Session, delivery: Delivery, again: bool) -> SmsReceipt:
    sender = resolve.provider(session, delivery.org_id, SMS)
    delivery.provider = sender.name
    message = compose.sms(delivery, compose.clinic_context(session, delivery.org_id))
    return sender.send(message, delivery.idempotency_key, retry=again)


_SEND: dict[str, Callable[[Session, Delivery, bool], Receipt | SmsReceipt]] = {
    wordings.EMAIL: _send_email,
    wordings.SMS: _send_sms,
}


def _after_failure(
    session: Session, delivery: Delivery, now: dt.datetime, error: ProviderError
) -> None:
    """Give up for good, or stay queued with the fault noted and ask again later."""
    later = (
        None if error.permanent else next_attempt(delivery.attempts, now, asked=error.retry_after)
    )
    if later is None:
        _settle(delivery, FAILED, error.fault)
        return
    delivery.error_code = error.fault
    _count(delivery, "retried")
    announce(session, delivery.org_id, delivery.id, at=now, send_at=later)


def _settle(delivery: Delivery, state: str, error_code: str | None = None) -> None:
    delivery.state, delivery.error_code = state, error_code
    delivery.context = sealed.forgotten(delivery.context)
    _count(delivery, state)


def _count(delivery: Delivery, outcome: str) -> None:
    provider = delivery.provider or "none"
    DELIVERIES.labels(kind=delivery.channel, provider=provider, outcome=outcome).inc()
    log.info(
        "delivery",
        delivery_id=str(delivery.id),
        template=delivery.template,
        channel=delivery.channel,
        outcome=outcome,
        error_code=delivery.error_code,
    )
