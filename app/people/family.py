"""Who belongs to a patient: the date of birth that a clinic may read, who cares for them, and for whom they care."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.people.models import Caregiver, Patient, PatientProfile


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody with a card of their own in the clinic. `cares`: for the patient; else the patient cares for them.

    `relation` is what the carer is to the one who is cared for: parent, child, partner, guardian, other.
    """

    patient_id: uuid.UUID
    name: str
    phone: str | None
    email: str | None
    relation: str
    cares: bool


def relatives(session: Session, org_id: uuid.UUID, profile_id: uuid.UUID) -> list[Relative]:
    """Carers first, then those cared for, each by name (KRN-02). Who has no card in the clinic is not shown."""
    carer, cared = aliased(PatientProfile), aliased(PatientProfile)
    carers = _cards(org_id, carer.id, cares=True).where(Caregiver.profile_id == profile_id)
    carers = carers.where(carer.human_id == Caregiver.human_id)
    dependants = _cards(org_id, Caregiver.profile_id, cares=False).where(cared.id == profile_id)
    dependants = dependants.where(Caregiver.human_id == cared.human_id)
    rows = session.execute(union_all(carers, dependants))
    found = [Relative(*row) for row in rows]
    return sorted(found, key=lambda one: (not one.cares, one.name))


def mail_of() -> ColumnElement[str | None]:
    """The e-mail that reaches a card in a query of Patient: its own, else that of the first who cares for them.

    A child has no mailbox, and whoever booked for them is to know (KRN-02). Asked only where the card has none.
    """
    theirs, carer = aliased(Patient), aliased(PatientProfile)
    found = (
        select(theirs.email)
        .select_from(Caregiver)
        .join(carer, carer.human_id == Caregiver.human_id)
        .join(theirs, theirs.profile_id == carer.id)
        .where(
            Caregiver.profile_id == Patient.profile_id,
            Caregiver.revoked_at.is_(None),
            theirs.org_id == Patient.org_id,
            theirs.email.is_not(None),
            theirs.deleted_at.is_(None),
            theirs.merged_into_id.is_(None),
        )
        .order_by(Caregiver.created_at, theirs.id)
        .limit(1)
        .correlate(Patient)
        .scalar_subquery()
    )
    return func.coalesce(Patient.email, found)


def own_birth_date(
    session: Session, profile_id: uuid.UUID, *, shared: bool
) -> tuple[dt.date | None, bool]:
    """The date of birth and whether the clinic keeps it: nobody signs in with the profile, so nobody else would.

    A profile with a login belongs to its person; without `shared`, their consent, it is not read (CNS-05).
    """
    row = session.execute(
        select(PatientProfile.birth_date, PatientProfile.human_id).where(
            PatientProfile.id == profile_id
        )
    ).one_or_none()
    if row is None:
        return None, False
    kept = row.human_id is None
    return (row.birth_date if kept or shared else None), kept


def _cards(
    org_id: uuid.UUID, profile: InstrumentedAttribute[uuid.UUID], *, cares: bool
) -> Select[Any]:
    query: Any = select(
        Patient.id,
        Patient.name,
        Patient.phone,
        Patient.email,
        Caregiver.relation,
        literal(cares).label("cares"),
    )
    found: Select[Any] = query.where(
        Patient.org_id == org_id,
        Patient.profile_id == profile,
        Patient.deleted_at.is_(None),
        Patient.merged_into_id.is_(None),
        Caregiver.revoked_at.is_(None),
    )
    return found
