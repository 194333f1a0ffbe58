"""From a stored delivery to what a provider sends."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.integrations.email.port import Attachment, OutgoingEmail
from app.integrations.sms.port import OutgoingSms
from app.kernel.tenancy.models import Organization
from app.messaging import sealed, words
from app.messaging.models import Delivery
from app.messaging.rules import sms_text
from app.messaging.rules.accent import readable_on_white

CALENDAR_MIME = "text/calendar"


def clinic_context(session: Session, org_id: uuid.UUID) -> dict[str, Any]:
    """What every message says of the clinic that sends it."""
    row = session.execute(
        select(
            Organization.name,
            Organization.slug,
            Organization.email,
            Organization.phone,
            Organization.website,
            Organization.accent,
        ).where(Organization.id == org_id)
    ).one()
    return {**row._mapping, "accent": readable_on_white(row.accent)}


def email(delivery: Delivery, clinic: Mapping[str, Any]) -> OutgoingEmail:
    """The mail, in text and HTML, with its calendar file where it has one."""
    context = _context(delivery, clinic)

    def part(name: str) -> str:
        return words.rendered(delivery.template, name, delivery.locale, context)

    return OutgoingEmail(
        to=delivery.recipient,
        subject=" ".join(part("subject.txt").split()),
        text=part("body.txt") + "\n",
        html=part("body.html"),
        from_name=clinic["name"],
        reply_to=clinic["email"] or "",
        attachments=_attachments(context),
    )


def sms(delivery: Delivery, clinic: Mapping[str, Any]) -> OutgoingSms:
    """The text on one line, in the alphabet of the network."""
    text = words.rendered(delivery.template, "sms.txt", delivery.locale, _context(delivery, clinic))
    return OutgoingSms(delivery.recipient, sms_text.plain(" ".join(text.split())))


def _context(delivery: Delivery, clinic: Mapping[str, Any]) -> dict[str, Any]:
    return {**sealed.opened(delivery.id, delivery.context), "clinic": clinic}


def _attachments(context: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """`calendar` in a context is `{"filename", "method", "content"}` with the file as text (RFC 5545)."""
    calendar = context.get("calendar")
    if not calendar:
        return ()
    return (
        Attachment(
            calendar["filename"],
            CALENDAR_MIME,
            calendar["content"].encode(),
            method=calendar["method"],
        ),
    )
