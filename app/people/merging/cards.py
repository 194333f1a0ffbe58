"""The cards of a merge: locked together, compared, and as values that JSON keeps."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from app.lib.errors import NotFound
from app.people.models import Patient, PatientProfile
from app.people.rules.keeping import Standing

_INSTANTS = ("onboarded_at", "profile_shared_at")
_IDENTIFIERS = ("profile_id", "preferred_specialist_id")
# The columns that a merge may write.
WRITTEN = (
    "name",
    "search_name",
    "search_text",
    "phone",
    "email",
    "locale",
    "preferred_specialist_id",
    "number",
    "onboarded_at",
    "profile_id",
    "profile_shared_at",
)


@dataclass(frozen=True, slots=True)
class Card:
    """A card with what decides its place in a merge."""

    values: Mapping[str, Any]
    standing: Standing
    merged_into_id: uuid.UUID | None

    @property
    def id(self) -> uuid.UUID:
        return self.standing.id


def card(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID, *, lock: bool = False) -> Card:
    """One card. Raises NotFound `patient_unknown`."""
    query = select(Patient.__table__).where(
        Patient.org_id == org_id, Patient.id == patient_id, Patient.deleted_at.is_(None)
    )
    row = session.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound("patient_unknown")
    return _card(session, row)


def locked_pair(
    session: Session, org_id: uuid.UUID, one: uuid.UUID, other: uuid.UUID
) -> dict[uuid.UUID, Card]:
    """Both cards, locked in the order of their ids so that merges that cross wait and never block each other."""
    return {each: card(session, org_id, each, lock=True) for each in sorted((one, other))}


def _card(session: Session, row: Row[Any]) -> Card:
    standing = Standing(
        row.id, row.created_at, row.onboarded_at is not None, _logins(session, row.org_id, row.id)
    )
    values = {name: getattr(row, name) for name in WRITTEN}
    return Card(values, standing, row.merged_into_id)


def _logins(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """The people who sign in as this patient, through this card or one that was merged into it."""
    rows = session.scalars(
        select(PatientProfile.human_id)
        .join(Patient, Patient.profile_id == PatientProfile.id)
        .where(
            Patient.org_id == org_id,
            or_(Patient.id == patient_id, Patient.merged_into_id == patient_id),
            PatientProfile.human_id.is_not(None),
        )
    )
    return frozenset(one for one in rows if one is not None)


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a card as JSON keeps them."""
    return {name: _plain(value) for name, value in values.items()}


def from_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a card as they were before `as_json`."""
    return {name: _rich(name, value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _rich(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _INSTANTS:
        return dt.datetime.fromisoformat(value)
    return uuid.UUID(value) if name in _IDENTIFIERS else value
