"""Correcting a patient's card: what was typed wrong, what changed in life; nobody overwrites what they did not see."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, NotFound
from app.lib.fingerprint import fingerprint
from app.people.actions.cards import card_values
from app.people.actions.contacts import Contact
from app.people.models import Patient, PatientProfile


@dataclass(frozen=True, slots=True)
class Born:
    """A date of birth as the clinic says it; None for not known."""

    on: dt.date | None


def change_contact(
    session: Session,
    actor: Actor,
    patient_id: uuid.UUID,
    contact: Contact,
    now: dt.datetime,
    *,
    born: Born | None = None,
    seen: str | None = None,
) -> None:
    """Correct a patient's card; `born` is left out where the clinic does not keep the date of birth.

    Raises NotFound, and Conflict("patient_changed") where the card is no longer what `seen` (`card_mark`) says.
    """
    row = _stored(session, actor.clinic, patient_id, lock=True)
    if seen is not None and seen != _mark(row):
        raise Conflict("patient_changed")
    session.execute(
        update(Patient)
        .where(Patient.org_id == actor.clinic, Patient.id == patient_id)
        .values(**card_values(contact))
    )
    before = {"name": row.name, "email": row.email, "phone": row.phone}
    after = {"name": contact.name, "email": contact.email, "phone": contact.phone}
    if born is not None and row.profile_id is not None and born.on != row.birth_date:
        _correct_birth(session, row.profile_id, born)
        before["birth_date"], after["birth_date"] = _text(row.birth_date), _text(born.on)
    record(
        session,
        actor,
        "patients.change_contact",
        "patient",
        patient_id,
        at=now,
        before=before,
        after=after,
    )


def card_mark(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> str:
    """The mark of a card as it is stored, for `seen`. Raises NotFound."""
    return _mark(_stored(session, org_id, patient_id, lock=False))


def _correct_birth(session: Session, profile_id: uuid.UUID, born: Born) -> None:
    """Only of a profile with which nobody signs in; whoever does keeps their own."""
    session.execute(
        update(PatientProfile)
        .where(PatientProfile.id == profile_id, PatientProfile.human_id.is_(None))
        .values(birth_date=born.on)
    )


def _stored(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID, *, lock: bool) -> Row[Any]:
    query: Any = (
        select(
            Patient.name,
            Patient.email,
            Patient.phone,
            Patient.locale,
            Patient.profile_id,
            PatientProfile.birth_date,
        )
        .outerjoin(PatientProfile, PatientProfile.id == Patient.profile_id)
        .where(Patient.org_id == org_id, Patient.id == patient_id)
    )
    row: Row[Any] | None = session.execute(
        query.with_for_update(of=Patient) if lock else query
    ).one_or_none()
    if row is None:
        raise NotFound("patient_not_found")
    return row


def _mark(row: Row[Any]) -> str:
    return fingerprint(row._asdict())


def _text(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
