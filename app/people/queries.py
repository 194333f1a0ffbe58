"""Reading people: whose record is this, who is the specialist behind a login, finding a patient by any part."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Select, column, or_, select, table
from sqlalchemy.orm import Session

from app.lib.text import search_tokens
from app.people.models import Caregiver, Patient, PatientProfile, Specialist


def own_patient_ids(session: Session, org_id: uuid.UUID, human_id: uuid.UUID) -> list[uuid.UUID]:
    """The patients of this clinic whom a person is, or cares for; the person first (KRN-02)."""
    cared_for = select(Caregiver.profile_id).where(
        Caregiver.human_id == human_id, Caregiver.revoked_at.is_(None)
    )
    rows = session.execute(
        select(Patient.id, PatientProfile.human_id)
        .join(PatientProfile, PatientProfile.id == Patient.profile_id)
        .where(
            Patient.org_id == org_id,
            Patient.deleted_at.is_(None),
            or_(PatientProfile.human_id == human_id, PatientProfile.id.in_(cared_for)),
        )
        .order_by(Patient.created_at)
    ).all()
    return [row.id for row in sorted(rows, key=lambda row: row.human_id != human_id)]


def specialist_id_of(session: Session, org_id: uuid.UUID, human_id: uuid.UUID) -> uuid.UUID | None:
    """The specialist profile that a person has claimed in this clinic."""
    return session.scalars(
        select(Specialist.id).where(
            Specialist.org_id == org_id,
            Specialist.human_id == human_id,
            Specialist.deleted_at.is_(None),
        )
    ).first()


@dataclass(frozen=True, slots=True)
class FoundPatient:
    """A patient as a search shows them."""

    id: uuid.UUID
    number: int | None
    name: str
    email: str | None
    phone: str | None
    guest: bool


def search_patients(
    session: Session,
    org_id: uuid.UUID,
    typed: str,
    *,
    limit: int = 20,
    offset: int = 0,
    of_specialist: uuid.UUID | None = None,
) -> list[FoundPatient]:
    """Patients whose name, e-mail or phone has every typed part; accents do not matter.

    "Stefan" finds "Ștefan", "0722" and "722 000" find the number. Names that begin with what was typed come first.
    """
    tokens = search_tokens(typed)
    query = select(
        Patient.id,
        Patient.number,
        Patient.name,
        Patient.email,
        Patient.phone,
        Patient.onboarded_at.is_(None).label("guest"),
    ).where(
        Patient.org_id == org_id,
        Patient.deleted_at.is_(None),
        Patient.merged_into_id.is_(None),
        *(Patient.search_text.contains(token, autoescape=True) for token in _parts(tokens)),
    )
    if of_specialist is not None:
        query = query.where(Patient.id.in_(_treated_by(org_id, of_specialist)))
    if tokens:
        begins = Patient.search_name.startswith(tokens[0], autoescape=True)
        query = query.order_by(begins.desc(), Patient.search_name, Patient.id)
    else:
        query = query.order_by(Patient.search_name, Patient.id)
    rows = session.execute(query.limit(limit).offset(offset))
    return [FoundPatient(*row) for row in rows]


def _parts(tokens: list[str]) -> list[str]:
    """Phone numbers are typed with gaps: a search of digits only is one number."""
    joined = "".join(tokens)
    if len(tokens) > 1 and joined.lstrip("+").isdigit():
        return [joined.lstrip("+")]
    return [token.lstrip("+") or token for token in tokens]


def _treated_by(org_id: uuid.UUID, specialist_id: uuid.UUID) -> Select[tuple[uuid.UUID]]:
    """Patients with a visit at that specialist. A table of a higher floor, read by name (house.md, Floors)."""
    visits = table("appointments", column("org_id"), column("patient_id"), column("specialist_id"))
    return select(visits.c.patient_id).where(
        visits.c.org_id == org_id, visits.c.specialist_id == specialist_id
    )
