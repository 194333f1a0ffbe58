"""Asking for a message, and asking for it once more. Nothing is sent here: that happens after the commit."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.outbox import emit
from app.lib.errors import Conflict, NotFound
from app.lib.ids import uuid7
from app.messaging import sealed as sealing
from app.messaging.events import DELIVERY_QUEUED
from app.messaging.models import Delivery
from app.messaging.permissions import RESEND
from app.messaging.wordings import wording


def enqueue(
    session: Session,
    org_id: uuid.UUID,
    *,
    template: str,
    channel: str,
    recipient: str,
    locale: str,
    context: Mapping[str, Any],
    subject_type: str,
    subject_id: uuid.UUID,
    subject_version: int = 0,
    patient_id: uuid.UUID | None = None,
    idempotency_key: str,
    now: dt.datetime,
    send_at: dt.datetime | None = None,
    sealed: Mapping[str, str] | None = None,
) -> uuid.UUID | None:
    """Queue one message in the caller's transaction; None when this key has asked before (NTF-02).

    `context` holds what the wording says: times as aware datetimes, money in minor units, ids as UUIDs. The clinic's
    name and address are added when it is sent. `sealed` holds secrets such as a one-time link: encrypted while the
    message waits, dropped once it has left. `send_at` delays it; `time_zone` in the context is the recipient's.
    """
    wording(template, channel)
    delivery_id = uuid7()
    stored = {name: plain(value) for name, value in context.items()}
    if sealed:
        stored[sealing.KEY] = sealing.seal(delivery_id, sealed)
    added = session.execute(
        insert(Delivery)
        .values(
            org_id=org_id,
            id=delivery_id,
            idempotency_key=idempotency_key,
            template=template,
            channel=channel,
            locale=locale,
            recipient=recipient,
            patient_id=patient_id,
            subject_type=subject_type,
            subject_id=subject_id,
            subject_version=subject_version,
            context=stored,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["org_id", "idempotency_key"])
        .returning(Delivery.id)
    ).scalar_one_or_none()
    if added is None:
        return None
    announce(session, org_id, delivery_id, at=now, send_at=send_at)
    return delivery_id


def announce(
    session: Session,
    org_id: uuid.UUID,
    delivery_id: uuid.UUID,
    *,
    at: dt.datetime,
    send_at: dt.datetime | None = None,
) -> None:
    """Tell the worker that a delivery waits; from `send_at` on where that is given."""
    emit(
        session,
        org_id,
        DELIVERY_QUEUED,
        {"delivery_id": delivery_id},
        at=at,
        available_at=send_at,
    )


def resend(
    session: Session, actor: Actor, delivery_id: uuid.UUID, *, now: dt.datetime
) -> uuid.UUID:
    """Send a message of this clinic once more, as a delivery of its own, and audit it (NTF-01).

    Raises NotFound, or Conflict with code `delivery_not_repeatable` (a one-time link) or `delivery_waiting` (this
    message is on its way already).
    """
    actor.demand(RESEND)
    old = session.get(Delivery, (actor.clinic, delivery_id))
    if old is None:
        raise NotFound
    if not wording(old.template, old.channel).repeatable:
        raise Conflict("delivery_not_repeatable")
    new_id = _repeat(session, old, now)
    record(session, actor, "message.resent", "delivery", new_id, at=now)
    return new_id


def _repeat(session: Session, old: Delivery, now: dt.datetime) -> uuid.UUID:
    """A second press of the button finds the first one's delivery still waiting, or its key taken."""
    first_key = old.idempotency_key.partition(":again:")[0]
    siblings = session.execute(
        select(Delivery.state).where(
            Delivery.org_id == old.org_id,
            Delivery.subject_type == old.subject_type,
            Delivery.subject_id == old.subject_id,
            (Delivery.idempotency_key == first_key)
            | Delivery.idempotency_key.startswith(f"{first_key}:again:", autoescape=True),
        )
    ).all()
    if any(row.state == "queued" for row in siblings):
        raise Conflict("delivery_waiting")
    new_id = enqueue(
        session,
        old.org_id,
        template=old.template,
        channel=old.channel,
        recipient=old.recipient,
        locale=old.locale,
        context=old.context,
        subject_type=old.subject_type,
        subject_id=old.subject_id,
        subject_version=old.subject_version,
        patient_id=old.patient_id,
        idempotency_key=f"{first_key}:again:{len(siblings)}",
        now=now,
    )
    if new_id is None:
        raise Conflict("delivery_waiting")
    return new_id


def plain(value: Any) -> Any:
    """A value as JSON keeps it: identifiers and times as text, inside lists and mappings too."""
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value
