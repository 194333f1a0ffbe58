"""Patients' cards: a guest's, a known patient's, onboarding."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.db import table_of, write_row
from app.kernel.outbox import emit
from app.lib.errors import NotFound
from app.lib.ids import uuid7
from app.lib.text import fold
from app.people.actions.contacts import Contact, search_text
from app.people.models import Patient, PatientProfile


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
    write_row(
        session,
        table_of(Patient),
        {
            "org_id": actor.clinic,
            "id": patient_id,
            "profile_id": profile_id,
            "onboarded_at": onboarded_at,
            "created_at": now,
            **card_values(contact),
        },
    )
    action = "patients.add" if onboarded_at else "patients.add_guest"
    record(session, actor, action, "patient", patient_id, at=now)
    return patient_id


def card_values(contact: Contact) -> dict[str, str | None]:
    """The columns of a card that hold the contact, with the words by which it is found."""
    return {
        "name": contact.name,
        "search_name": fold(contact.name),
        "search_text": search_text(contact),
        "email": contact.email,
        "phone": contact.phone,
        "locale": contact.locale,
        "time_zone": contact.time_zone,
    }


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


def last_number(session: Session, org_id: uuid.UUID) -> int:
    """The last number of the clinic's file, 0 before the first, under a lock so that none is skipped or given twice."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('patient-number:' || :org, 0))"),
        {"org": str(org_id)},
    )
    return session.scalar(select(func.max(Patient.number)).where(Patient.org_id == org_id)) or 0


def _number(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> None:
    number = last_number(session, org_id) + 1
    session.execute(
        update(Patient)
        .where(Patient.org_id == org_id, Patient.id == patient_id)
        .values(number=number)
    )
