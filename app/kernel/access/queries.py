"""What a person may do in a clinic; the membership itself is read on arrival (app/people/arriving.py)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from app.kernel.access.models import ActingAs, ElevatedAccess

# Asked by every page of the console or the portal, so built once.
_OPEN_ELEVATIONS = select(ElevatedAccess).where(
    ElevatedAccess.org_id == bindparam("org_id"),
    ElevatedAccess.closed_at.is_(None),
    ElevatedAccess.expires_at > bindparam("now"),
)
_OPEN_ACTING = select(ActingAs).where(
    ActingAs.org_id == bindparam("org_id"),
    ActingAs.human_id == bindparam("human_id"),
    ActingAs.ended_at.is_(None),
    ActingAs.expires_at > bindparam("now"),
)


@dataclass(frozen=True)
class StaffAccess:
    """A membership with its role's permissions."""

    membership_id: uuid.UUID
    role_code: str
    role_name: str
    permissions: frozenset[str]
    own_patients_only: bool


def open_elevation(
    session: Session, org_id: uuid.UUID, human_id: uuid.UUID, now: dt.datetime
) -> ElevatedAccess | None:
    """The operator's open elevated access to this clinic, if the person has one (KRN-13)."""
    return session.scalars(
        select(ElevatedAccess).where(
            ElevatedAccess.org_id == org_id,
            ElevatedAccess.human_id == human_id,
            ElevatedAccess.closed_at.is_(None),
            ElevatedAccess.expires_at > now,
        )
    ).first()


def open_elevations(session: Session, org_id: uuid.UUID, now: dt.datetime) -> list[ElevatedAccess]:
    """Every elevated access that is open now: what the clinic's banner tells of."""
    return list(session.scalars(_OPEN_ELEVATIONS, {"org_id": org_id, "now": now}))


def open_acting(
    session: Session, org_id: uuid.UUID, human_id: uuid.UUID, now: dt.datetime
) -> ActingAs | None:
    """For whom a staff member acts just now (KRN-14)."""
    asked = {"org_id": org_id, "human_id": human_id, "now": now}
    return session.scalars(_OPEN_ACTING, asked).first()


@dataclass(frozen=True)
class KnownClinic:
    """A clinic where a person works or is a patient."""

    org_id: uuid.UUID
    slug: str
    name: str
    is_staff: bool


def clinics_of(session: Session, human_id: uuid.UUID) -> list[KnownClinic]:
    """Where a person works or is a patient, by name."""
    rows = session.execute(
        text("SELECT org_id, slug, name, is_staff FROM clinics_of_human(:human) ORDER BY name"),
        {"human": human_id},
    )
    return [KnownClinic(*row) for row in rows]
