"""What the message about an offered time says: everything that its words need (NTF-01)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.consents.queries import has as has_consented
from app.kernel.tenancy.models import Organization
from app.messaging.wordings import EMAIL, SMS, SMS_APPOINTMENTS
from app.people.models import Patient
from app.waiting.models import WaitingOffer
from app.waiting.queries import EntryView, OfferView

OfferUrl = Callable[[str, uuid.UUID], str]


class _Installed:
    """How an offer is addressed; the composer knows, since routes live above."""

    offer_url: OfferUrl | None = None


def install_address(offer_url: OfferUrl) -> None:
    """Say how the page of an offer is addressed, absolutely: by `(clinic slug, offer id)`."""
    _Installed.offer_url = staticmethod(offer_url)


def open_version(session: Session, org_id: uuid.UUID, offer_id: uuid.UUID) -> int | None:
    """0 while the offer stands, 1 afterwards, so that no message tells of one that is over; None if there is none."""
    state = session.scalar(
        select(WaitingOffer.state).where(WaitingOffer.org_id == org_id, WaitingOffer.id == offer_id)
    )
    return None if state is None else int(state != "open")


def ways(session: Session, org_id: uuid.UUID, entry: EntryView) -> dict[str, str]:
    """Channels on which the person can be told, with where to."""
    found: dict[str, str] = {}
    if entry.patient_email:
        found[EMAIL] = entry.patient_email
    if entry.patient_phone and has_consented(session, org_id, entry.patient_id, SMS_APPOINTMENTS):
        found[SMS] = entry.patient_phone
    return found


def context(
    session: Session, org_id: uuid.UUID, entry: EntryView, offer: OfferView
) -> dict[str, Any]:
    """The context of templates/messages/waiting_offer."""
    clinic = session.get_one(Organization, org_id)
    reader_zone = session.scalar(
        select(Patient.time_zone).where(Patient.org_id == org_id, Patient.id == entry.patient_id)
    )
    build = _Installed.offer_url
    return {
        "patient_name": entry.patient_name,
        "service_names": entry.titles,
        "specialist": offer.specialist_name,
        "starts_at": offer.starts_at,
        "ends_at": offer.ends_at,
        "expires_at": offer.expires_at,
        "zone": entry.time_zone,
        "other_zone": None,
        "time_zone": reader_zone or entry.time_zone,
        "location_phone": None,
        "offer_url": build(clinic.slug, offer.id) if build else None,
    }
