"""Who signs in for a patient: the person themselves, or somebody who cares for them (KRN-02)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import NotFound
from app.lib.ids import uuid7
from app.people.models import Caregiver, Patient, PatientProfile


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
