"""Completing cards that are there with what a file knows besides; what stands on a card is never written over."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.people.actions.contacts import Contact, search_text
from app.people.models import Patient, PatientProfile
from app.people.rules.sheet_rows import SheetCard

PHONE, EMAIL, BIRTH = "phone", "email", "birth_date"


def fill_cards(
    session: Session,
    actor: Actor,
    import_id: uuid.UUID,
    wanted: Sequence[tuple[uuid.UUID, SheetCard]],
    now: dt.datetime,
) -> list[list[str]]:
    """Write what is empty on each card; gives for each which columns were written. A card that is gone gets nothing."""
    there = locked_cards(session, actor.clinic, [patient_id for patient_id, _card in wanted])
    filled = []
    for patient_id, card in wanted:
        row = there.get(patient_id)
        filled.append(_fill(session, actor, row, card) if row is not None else [])
        if filled[-1]:
            told = {"import_id": str(import_id), "filled": filled[-1]}
            record(
                session, actor, "patients.import_fill", "patient", patient_id, at=now, after=told
            )
    return filled


def locked_cards(
    session: Session, org_id: uuid.UUID, patient_ids: Sequence[uuid.UUID]
) -> Mapping[uuid.UUID, Row[Any]]:
    """Cards that stand for themselves, locked in order of their ids: contact, profile and whose profile it is."""
    cards = select(
        Patient.id,
        Patient.name,
        Patient.phone,
        Patient.email,
        Patient.locale,
        Patient.merged_into_id,
        Patient.profile_id,
        PatientProfile.human_id,
        PatientProfile.birth_date,
        PatientProfile.national_id,
    ).outerjoin(PatientProfile, PatientProfile.id == Patient.profile_id)
    rows: Iterable[Row[Any]] = session.execute(
        cards.where(
            Patient.org_id == org_id,
            Patient.id.in_(sorted(set(patient_ids))),
            Patient.deleted_at.is_(None),
        )
        .order_by(Patient.id)
        .with_for_update(of=Patient)
    )
    return {row.id: row for row in rows}


def _fill(session: Session, actor: Actor, row: Row[Any], card: SheetCard) -> list[str]:
    if row.merged_into_id is not None:
        return []
    contact = {
        name: value
        for name, value in ((PHONE, card.phone), (EMAIL, card.email))
        if value and getattr(row, name) is None
    }
    if contact:
        write_contact(session, actor.clinic, row, contact)
    # A profile that somebody signs in with is theirs to write (KRN-02).
    born = card.birth_date if row.profile_id and not row.human_id and not row.birth_date else None
    if born:
        session.execute(
            update(PatientProfile)
            .where(PatientProfile.id == row.profile_id)
            .values(birth_date=born)
        )
    return [*contact, *([BIRTH] if born else [])]


def write_contact(
    session: Session, org_id: uuid.UUID, row: Row[Any], changed: Mapping[str, str | None]
) -> None:
    """Write phone or e-mail of a card, with the words by which it is found."""
    now = {PHONE: row.phone, EMAIL: row.email, **changed}
    words = search_text(Contact(row.name, now[EMAIL], now[PHONE]))
    session.execute(
        update(Patient)
        .where(Patient.org_id == org_id, Patient.id == row.id)
        .values(**changed, search_text=words)
    )
