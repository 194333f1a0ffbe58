"""Reading the waiting list: who waits, what was offered, one entry or offer for its page."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from app.catalog.models import Service
from app.consents.models import Consent
from app.lib.errors import NotFound
from app.messaging.wordings import SMS_APPOINTMENTS
from app.people.family import mail_of
from app.people.models import Patient, Specialist
from app.scheduling.models import Calendar
from app.waiting.models import WaitingEntry, WaitingOffer
from app.waiting.rules.matching import Waiting


@dataclass(frozen=True, slots=True)
class EntryView:
    """Somebody on the list, as pages show them."""

    id: uuid.UUID
    patient_id: uuid.UUID
    patient_name: str
    patient_email: str | None
    patient_phone: str | None
    patient_locale: str
    calendar_id: uuid.UUID
    calendar_slug: str
    calendar_names: dict[str, str]
    service_names: dict[str, str]
    specialist_id: uuid.UUID | None
    specialist_name: str | None
    first_day: dt.date | None
    last_day: dt.date | None
    weekdays: int
    parts: int
    time_zone: str
    priority: int
    channel: str
    state: str
    created_at: dt.datetime
    ended_at: dt.datetime | None

    @property
    def titles(self) -> dict[str, str]:
        """What is waited for."""
        return self.calendar_names or self.service_names

    @property
    def wish(self) -> Waiting:
        """As the rules want it."""
        return Waiting(
            str(self.id),
            self.time_zone,
            self.created_at,
            self.priority,
            str(self.specialist_id) if self.specialist_id else None,
            self.first_day,
            self.last_day,
            self.weekdays,
            self.parts,
        )


@dataclass(frozen=True, slots=True)
class OfferView:
    """A time that was offered, with whom it was offered."""

    id: uuid.UUID
    entry_id: uuid.UUID
    specialist_id: uuid.UUID
    specialist_name: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    state: str
    expires_at: dt.datetime
    created_at: dt.datetime
    appointment_id: uuid.UUID | None


class StandingOffer(NamedTuple):
    """A time that is offered to somebody just now."""

    id: uuid.UUID
    starts_at: dt.datetime
    expires_at: dt.datetime


def _entries() -> Select[Any]:
    columns: Any = (
        select(
            WaitingEntry.id,
            WaitingEntry.patient_id,
            Patient.name,
            mail_of(),
            Patient.phone,
            Patient.locale,
            WaitingEntry.calendar_id,
            Calendar.slug,
            Calendar.names,
            Service.names,
            WaitingEntry.specialist_id,
            Specialist.name,
            WaitingEntry.first_day,
            WaitingEntry.last_day,
            WaitingEntry.weekdays,
            WaitingEntry.parts,
            WaitingEntry.time_zone,
            WaitingEntry.priority,
            WaitingEntry.channel,
            WaitingEntry.state,
            WaitingEntry.created_at,
            WaitingEntry.ended_at,
        )
        .join(
            Patient,
            and_(Patient.org_id == WaitingEntry.org_id, Patient.id == WaitingEntry.patient_id),
        )
        .join(
            Calendar,
            and_(Calendar.org_id == WaitingEntry.org_id, Calendar.id == WaitingEntry.calendar_id),
        )
        .join(Service, and_(Service.org_id == Calendar.org_id, Service.id == Calendar.service_id))
        .outerjoin(
            Specialist,
            and_(
                Specialist.org_id == WaitingEntry.org_id,
                Specialist.id == WaitingEntry.specialist_id,
            ),
        )
    )
    return cast("Select[Any]", columns)


def _offers() -> Select[Any]:
    columns: Any = select(
        WaitingOffer.id,
        WaitingOffer.entry_id,
        WaitingOffer.specialist_id,
        Specialist.name,
        WaitingOffer.starts_at,
        WaitingOffer.ends_at,
        WaitingOffer.state,
        WaitingOffer.expires_at,
        WaitingOffer.created_at,
        WaitingOffer.appointment_id,
    ).join(
        Specialist,
        and_(Specialist.org_id == WaitingOffer.org_id, Specialist.id == WaitingOffer.specialist_id),
    )
    return cast("Select[Any]", columns)


def entry_view(session: Session, org_id: uuid.UUID, entry_id: uuid.UUID) -> EntryView:
    """One entry. Raises NotFound."""
    row = session.execute(
        _entries().where(WaitingEntry.org_id == org_id, WaitingEntry.id == entry_id)
    ).one_or_none()
    if row is None:
        raise NotFound("waiting_entry_not_found")
    return EntryView(*row)


def waiting(
    session: Session,
    org_id: uuid.UUID,
    *,
    calendar_id: uuid.UUID | None = None,
    patient_ids: Sequence[uuid.UUID] | None = None,
) -> list[EntryView]:
    """Everybody who waits, in their turn."""
    query = _entries().where(WaitingEntry.org_id == org_id, WaitingEntry.state == "waiting")
    if calendar_id is not None:
        query = query.where(WaitingEntry.calendar_id == calendar_id)
    if patient_ids is not None:
        query = query.where(WaitingEntry.patient_id.in_(patient_ids))
    query = query.order_by(WaitingEntry.priority.desc(), WaitingEntry.created_at, WaitingEntry.id)
    return [EntryView(*row) for row in session.execute(query)]


def ended(session: Session, org_id: uuid.UUID, limit: int = 50) -> list[EntryView]:
    """Who waits no more, the last first."""
    query = (
        _entries()
        .where(WaitingEntry.org_id == org_id, WaitingEntry.state != "waiting")
        .order_by(WaitingEntry.ended_at.desc())
        .limit(limit)
    )
    return [EntryView(*row) for row in session.execute(query)]


def waiting_count(
    session: Session, org_id: uuid.UUID, specialist_id: uuid.UUID | None = None
) -> int:
    """How many wait, or how many for that specialist."""
    query = select(func.count()).where(
        WaitingEntry.org_id == org_id, WaitingEntry.state == "waiting"
    )
    if specialist_id is not None:
        query = query.where(WaitingEntry.specialist_id == specialist_id)
    return session.scalar(query) or 0


def agreed_to_texts(
    session: Session, org_id: uuid.UUID, patient_ids: Sequence[uuid.UUID]
) -> set[uuid.UUID]:
    """Those of the patients who have agreed to texts about their visits."""
    return set(
        session.scalars(
            select(Consent.patient_id).where(
                Consent.org_id == org_id,
                Consent.patient_id.in_(patient_ids),
                Consent.purpose == SMS_APPOINTMENTS,
                Consent.withdrawn_at.is_(None),
            )
        )
    )


def offers_of(
    session: Session, org_id: uuid.UUID, entry_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[OfferView]]:
    """What was offered to each, the last first."""
    rows = session.execute(
        _offers()
        .where(WaitingOffer.org_id == org_id, WaitingOffer.entry_id.in_(entry_ids))
        .order_by(WaitingOffer.created_at.desc(), WaitingOffer.id.desc())
    )
    found: dict[uuid.UUID, list[OfferView]] = defaultdict(list)
    for row in rows:
        offer = OfferView(*row)
        found[offer.entry_id].append(offer)
    return found


def offer_view(session: Session, org_id: uuid.UUID, offer_id: uuid.UUID) -> OfferView:
    """One offer. Raises NotFound."""
    row = session.execute(
        _offers().where(WaitingOffer.org_id == org_id, WaitingOffer.id == offer_id)
    ).one_or_none()
    if row is None:
        raise NotFound("waiting_offer_not_found")
    return OfferView(*row)


def waiting_of_patient(
    session: Session, org_id: uuid.UUID, patient_id: uuid.UUID, now: dt.datetime
) -> list[tuple[EntryView, StandingOffer | None]]:
    """What a patient waits for, each with the offer that stands, in one look."""
    rows = session.execute(
        _entries()
        .add_columns(WaitingOffer.id, WaitingOffer.starts_at, WaitingOffer.expires_at)
        .outerjoin(
            WaitingOffer,
            and_(
                WaitingOffer.org_id == WaitingEntry.org_id,
                WaitingOffer.entry_id == WaitingEntry.id,
                WaitingOffer.state == "open",
                WaitingOffer.expires_at > now,
            ),
        )
        .where(
            WaitingEntry.org_id == org_id,
            WaitingEntry.patient_id == patient_id,
            WaitingEntry.state == "waiting",
        )
        .order_by(WaitingEntry.created_at)
    )
    return [(EntryView(*row[:-3]), StandingOffer(*row[-3:]) if row[-3] else None) for row in rows]


def outcomes(session: Session, org_id: uuid.UUID, since: dt.datetime) -> dict[str, int]:
    """How many offers made since then stand in each state."""
    rows = session.execute(
        select(WaitingOffer.state, func.count().label("offers"))
        .where(WaitingOffer.org_id == org_id, WaitingOffer.created_at >= since)
        .group_by(WaitingOffer.state)
    )
    return {row.state: row.offers for row in rows}
