"""Reading people: whose record is this, who is the specialist behind a login, finding a patient by any part."""

from __future__ import annotations

import uuid

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

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
