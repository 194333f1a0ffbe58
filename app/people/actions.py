"""Writing people: a patient's card, onboarding, specialists."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.outbox import emit
from app.lib.errors import FieldError, Invalid, NotFound
from app.lib.ids import uuid7
from app.lib.phone import parse_mobile, search_digits
from app.lib.text import bounded_line, fold
from app.people.models import Caregiver, Patient, PatientProfile, Specialist

NAME_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach somebody: checked and normalised by `checked_contact`."""

    name: str
    email: str | None
    phone: str | None
    locale: str = "ro"
    time_zone: str | None = None


def checked_contact(
    name: str,
    email: str,
    phone: str,
    country: str,
    *,
    locale: str = "ro",
    time_zone: str | None = None,
    email_required: bool = True,
    phone_required: bool = True,
) -> Contact:
    """A contact from what somebody typed. Raises Invalid naming every field that is wrong."""
    errors: list[FieldError] = []
    checked_name = _collect(errors, lambda: bounded_line(name, "name", limit=NAME_LIMIT))
    checked_email = _collect(errors, lambda: _email(email, required=email_required))
    checked_phone = _collect(errors, lambda: _phone(phone, country, required=phone_required))
    if errors:
        raise Invalid(errors)
    return Contact(checked_name or "", checked_email, checked_phone, locale, time_zone)


def _collect(errors: list[FieldError], read: Callable[[], str | None]) -> str | None:
    try:
        return read()
    except Invalid as error:
        errors.extend(error.errors)
        return None


def _email(typed: str, *, required: bool) -> str | None:
    cleaned = typed.strip()
    if not cleaned and not required:
        return None
    try:
        return validate_email(cleaned, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise Invalid.one("email", "email_invalid") from None


def _phone(typed: str, country: str, *, required: bool) -> str | None:
    cleaned = typed.strip()
    if not cleaned and not required:
        return None
    if not cleaned:
        raise Invalid.one("phone", "required")
    return parse_mobile(cleaned, country)


def add_guest(session: Session, actor: Actor, contact: Contact, now: dt.datetime) -> uuid.UUID:
    """The contact card of somebody who booked; no profile and no account before onboarding (004 F5.4)."""
    return _add_card(session, actor, contact, now, onboarded_at=None, profile_id=None)


def add_patient(
    session: Session,
    actor: Actor,
    contact: Contact,
    now: dt.datetime,
    *,
    birth_date: dt.date | None = None,
) -> uuid.UUID:
    """A known patient, entered by staff: card, portable profile and clinic number together."""
    profile_id = _add_profile(session, contact.name, birth_date, now)
    patient_id = _add_card(session, actor, contact, now, onboarded_at=now, profile_id=profile_id)
    _number(session, actor.clinic, patient_id)
    emit(session, actor.clinic, "patient.onboarded", {"patient_id": patient_id}, at=now)
    return patient_id


def onboard(session: Session, actor: Actor, patient_id: uuid.UUID, now: dt.datetime) -> bool:
    """Make a guest a patient: profile, clinic number. False when they are one already."""
    row = session.execute(
        select(Patient.name, Patient.onboarded_at)
        .where(Patient.org_id == actor.clinic, Patient.id == patient_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("patient_not_found")
    if row.onboarded_at is not None:
        return False
    profile_id = _add_profile(session, row.name, None, now)
    session.execute(
        update(Patient)
        .where(Patient.org_id == actor.clinic, Patient.id == patient_id)
        .values(onboarded_at=now, profile_id=profile_id)
    )
    _number(session, actor.clinic, patient_id)
    record(session, actor, "patients.onboard", "patient", patient_id, at=now)
    emit(session, actor.clinic, "patient.onboarded", {"patient_id": patient_id}, at=now)
    return True


def change_contact(
    session: Session, actor: Actor, patient_id: uuid.UUID, contact: Contact, now: dt.datetime
) -> None:
    """Correct a patient's card."""
    row = session.execute(
        select(Patient.name, Patient.email, Patient.phone)
        .where(Patient.org_id == actor.clinic, Patient.id == patient_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("patient_not_found")
    session.execute(
        update(Patient)
        .where(Patient.org_id == actor.clinic, Patient.id == patient_id)
        .values(**_card_values(contact))
    )
    record(
        session,
        actor,
        "patients.change_contact",
        "patient",
        patient_id,
        at=now,
        before=row._asdict(),
        after={"name": contact.name, "email": contact.email, "phone": contact.phone},
    )


def _add_card(
    session: Session,
    actor: Actor,
    contact: Contact,
    now: dt.datetime,
    *,
    onboarded_at: dt.datetime | None,
    profile_id: uuid.UUID | None,
) -> uuid.UUID:
    patient_id = uuid7()
    session.execute(
        insert(Patient).values(
            org_id=actor.clinic,
            id=patient_id,
            profile_id=profile_id,
            onboarded_at=onboarded_at,
            created_at=now,
            **_card_values(contact),
        )
    )
    action = "patients.add" if onboarded_at else "patients.add_guest"
    record(session, actor, action, "patient", patient_id, at=now)
    return patient_id


def _card_values(contact: Contact) -> dict[str, str | None]:
    return {
        "name": contact.name,
        "search_name": fold(contact.name),
        "search_text": search_text(contact),
        "email": contact.email,
        "phone": contact.phone,
        "locale": contact.locale,
        "time_zone": contact.time_zone,
    }


def search_text(contact: Contact) -> str:
    """The folded words by which reception finds the card: name, e-mail, phone in two forms."""
    digits = search_digits(contact.phone) if contact.phone else ""
    national = f"0{digits[2:]}" if digits.startswith("40") else ""
    return " ".join(part for part in (fold(contact.name), contact.email, digits, national) if part)


def _add_profile(
    session: Session, name: str, birth_date: dt.date | None, now: dt.datetime
) -> uuid.UUID:
    profile_id = uuid7()
    session.execute(
        insert(PatientProfile).values(
            id=profile_id, name=name, birth_date=birth_date, created_at=now
        )
    )
    return profile_id


def _number(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> None:
    """The next number of the clinic's file, counted under a lock so that none is skipped or given twice."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('patient-number:' || :org, 0))"),
        {"org": str(org_id)},
    )
    last = session.scalar(select(func.max(Patient.number)).where(Patient.org_id == org_id))
    session.execute(
        update(Patient)
        .where(Patient.org_id == org_id, Patient.id == patient_id)
        .values(number=(last or 0) + 1)
    )


@dataclass(frozen=True, slots=True)
class SpecialistDraft:
    """A provider of care as somebody describes them. An empty time zone: not publicly bookable (SPC-04)."""

    slug: str
    name: str
    title: str = ""
    bio: Mapping[str, str] = field(default_factory=dict)
    email: str | None = None
    phone: str | None = None
    time_zone: str | None = None
    location_id: uuid.UUID | None = None
    color: int = 0
    human_id: uuid.UUID | None = None


def add_specialist(
    session: Session, actor: Actor, draft: SpecialistDraft, *, now: dt.datetime
) -> uuid.UUID:
    """A new specialist profile; whose time it is becomes bookable through scheduling.add_resource."""
    specialist_id = uuid7()
    session.execute(
        insert(Specialist).values(
            org_id=actor.clinic, id=specialist_id, created_at=now, **asdict(draft)
        )
    )
    record(session, actor, "specialists.add", "specialist", specialist_id, at=now)
    return specialist_id


def give_login(
    session: Session, actor: Actor, patient_id: uuid.UUID, human_id: uuid.UUID, now: dt.datetime
) -> None:
    """Connect a patient's portable profile with the person who signs in."""
    profile_id = session.scalar(
        select(Patient.profile_id).where(Patient.org_id == actor.clinic, Patient.id == patient_id)
    )
    if profile_id is None:
        raise NotFound("patient_not_found")
    session.execute(
        update(PatientProfile).where(PatientProfile.id == profile_id).values(human_id=human_id)
    )
    record(session, actor, "patients.give_login", "patient", patient_id, at=now)


def add_caregiver(
    session: Session,
    actor: Actor,
    patient_id: uuid.UUID,
    human_id: uuid.UUID,
    relation: str,
    now: dt.datetime,
) -> None:
    """Let a person act for a patient, for example a parent for a child (KRN-02)."""
    profile_id = session.scalar(
        select(Patient.profile_id).where(Patient.org_id == actor.clinic, Patient.id == patient_id)
    )
    if profile_id is None:
        raise NotFound("patient_not_found")
    session.execute(
        insert(Caregiver).values(
            id=uuid7(),
            human_id=human_id,
            profile_id=profile_id,
            relation=relation,
            created_at=now,
        )
    )
    record(session, actor, "patients.add_caregiver", "patient", patient_id, at=now)
