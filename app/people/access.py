"""Whose record somebody may open (KRN-04): a patient of the clinic, and for some roles only a patient of their own."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Select, column, exists, or_, select, table
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record_access
from app.lib.errors import NotFound
from app.people.models import Patient


def patient_or_404(
    session: Session,
    actor: Actor,
    patient_id: uuid.UUID,
    *,
    looked_at: str | None = None,
    now: dt.datetime | None = None,
) -> Patient:
    """A patient whom the actor may see; with `looked_at` (and `now`) the look goes into the access journal.

    Raises NotFound for another clinic's patient, a deleted one, and one who is not the actor's own where the role sees
    only its own patients: who may not see somebody does not learn that they exist.
    """
    found = session.scalars(
        select(Patient).where(
            Patient.org_id == actor.clinic, Patient.id == patient_id, Patient.deleted_at.is_(None)
        )
    ).first()
    if found is None or not _may_see(session, actor, patient_id):
        raise NotFound("patient_unknown")
    if looked_at is not None and now is not None:
        record_access(session, actor, patient_id, looked_at, at=now)
    return found


def visible_patients(actor: Actor) -> Select[Any] | None:
    """The ids of the only patients whom the actor may see, for the condition of a list; None: the whole clinic."""
    if not actor.own_patients_only:
        return None
    if actor.specialist_id is None:
        return select(Patient.id).where(Patient.id.is_(None))
    return own_patients(actor.clinic, actor.specialist_id)


def own_patients(org_id: uuid.UUID, specialist_id: uuid.UUID) -> Select[Any]:
    """Patients with a visit at a specialist. A table of a higher floor, read by name (house.md, Floors)."""
    visits = table("appointments", column("org_id"), column("patient_id"), column("specialist_id"))
    seen = select(visits.c.patient_id).where(
        visits.c.org_id == org_id, visits.c.specialist_id == specialist_id
    )
    # Visits stand at the kept card; what is sealed may stand at one that was merged into it.
    return select(Patient.id).where(
        Patient.org_id == org_id, or_(Patient.id.in_(seen), Patient.merged_into_id.in_(seen))
    )


def _may_see(session: Session, actor: Actor, patient_id: uuid.UUID) -> bool:
    own = visible_patients(actor)
    if own is None:
        return True
    mine = own.subquery()
    return bool(session.scalar(select(exists().where(mine.c[0] == patient_id))))
