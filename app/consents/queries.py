"""Reading the ledger: the guard (CNS-04), what holds now, and the trail (CNS-01)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, literal_column, select
from sqlalchemy.orm import Session, aliased

from app.consents.models import Consent, ConsentPurpose, ConsentPurposeVersion
from app.lib.errors import Refused
from app.people.persons import cards_of


def has(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID, purpose: str) -> bool:
    """Whether the patient has granted the purpose to this clinic and not withdrawn it."""
    return bool(session.scalar(select(exists().where(*_live(org_id, patient_id, purpose)))))


def demand(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID, purpose: str) -> None:
    """The guard of a consumer: raises Refused("consent_missing") with `purpose` (CNS-04)."""
    if not has(session, org_id, patient_id, purpose):
        raise Refused("consent_missing", purpose=purpose)


def live_grants(
    session: Session, org_id: uuid.UUID, patient_id: uuid.UUID, purpose: str
) -> Sequence[Consent]:
    """Grants of a purpose that hold now, oldest first; locked, for whoever is about to change them."""
    return session.scalars(
        select(Consent)
        .where(*_live(org_id, patient_id, purpose))
        .order_by(Consent.granted_at, Consent.id)
        .with_for_update()
    ).all()


_CURRENT = (
    select(ConsentPurposeVersion)
    .where(
        ConsentPurposeVersion.org_id == bindparam("org_id"),
        ConsentPurposeVersion.purpose == bindparam("purpose"),
    )
    .order_by(ConsentPurposeVersion.version.desc())
    .limit(literal_column("1"))
)


def current_version(
    session: Session, org_id: uuid.UUID, purpose: str
) -> ConsentPurposeVersion | None:
    """The newest text of a purpose that the clinic published."""
    return session.scalars(_CURRENT, {"org_id": org_id, "purpose": purpose}).first()


@dataclass(frozen=True)
class Standing:
    """How things stand with one purpose: the newest text, and the newest grant if one holds."""

    purpose: str
    texts: dict[str, Any]
    version: int
    medical: bool
    withdrawable: bool
    legal_basis: str
    granted_at: dt.datetime | None
    granted_version: int | None
    source_form_id: uuid.UUID | None

    @property
    def granted(self) -> bool:
        return self.granted_at is not None

    @property
    def may_withdraw(self) -> bool:
        return self.granted and self.withdrawable


def standings(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> list[Standing]:
    """Every purpose that the clinic has published, by code, with what the patient has granted."""
    newest = {row.purpose: row for row in _published(session, org_id)}
    held = {row.purpose: row for row in _held(session, org_id, patient_id)}
    return [_standing(newest[purpose], held.get(purpose)) for purpose in sorted(newest)]


@dataclass(frozen=True)
class TrailEntry:
    """One grant with its withdrawal, as the trail shows it."""

    id: uuid.UUID
    purpose: str
    texts: dict[str, Any]
    version: int
    source: str
    source_form_id: uuid.UUID | None
    granted_at: dt.datetime
    withdrawn_at: dt.datetime | None


def trail(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> list[TrailEntry]:
    """Every grant of the patient in this clinic, newest first."""
    rows = session.execute(
        select(
            Consent.id,
            Consent.purpose,
            ConsentPurposeVersion.texts,
            ConsentPurposeVersion.version,
            Consent.source,
            Consent.source_form_id,
            Consent.granted_at,
            Consent.withdrawn_at,
        )
        .join(ConsentPurposeVersion, _of_version())
        .where(Consent.org_id == org_id, Consent.patient_id.in_(cards_of(org_id, [patient_id])))
        .order_by(Consent.granted_at.desc(), Consent.id.desc())
    )
    return [TrailEntry(*row) for row in rows]


def medical_purposes(session: Session) -> list[str]:
    """Purposes that the one button withdraws together (CNS-06)."""
    return list(
        session.scalars(
            select(ConsentPurpose.code)
            .where(ConsentPurpose.medical, ConsentPurpose.withdrawable)
            .order_by(ConsentPurpose.code)
        )
    )


def _live(
    org_id: uuid.UUID, patient_id: uuid.UUID, purpose: str
) -> tuple[ColumnElement[bool], ...]:
    return (*_holding(org_id, patient_id), Consent.purpose == purpose)


def _holding(org_id: uuid.UUID, patient_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    """Grants that hold. Of a person with merged cards, the latest word on any card counts: a withdrawal on one ends
    every earlier grant on the others (BYD-09).
    """
    cards = cards_of(org_id, [patient_id])
    withdrawn = aliased(Consent)
    later = select(withdrawn.id).where(
        withdrawn.org_id == org_id,
        withdrawn.patient_id.in_(cards),
        withdrawn.purpose == Consent.purpose,
        withdrawn.withdrawn_at >= Consent.granted_at,
        withdrawn.patient_id != Consent.patient_id,
    )
    return (
        Consent.org_id == org_id,
        Consent.patient_id.in_(cards),
        Consent.withdrawn_at.is_(None),
        ~later.exists(),
    )


def _of_version() -> ColumnElement[bool]:
    return (ConsentPurposeVersion.org_id == Consent.org_id) & (
        ConsentPurposeVersion.id == Consent.purpose_version_id
    )


def _published(session: Session, org_id: uuid.UUID) -> Sequence[Any]:
    return session.execute(
        select(
            ConsentPurposeVersion.purpose,
            ConsentPurposeVersion.texts,
            ConsentPurposeVersion.version,
            ConsentPurpose.medical,
            ConsentPurpose.withdrawable,
            ConsentPurpose.legal_basis,
        )
        .join(ConsentPurpose, ConsentPurpose.code == ConsentPurposeVersion.purpose)
        .where(ConsentPurposeVersion.org_id == org_id)
        .order_by(ConsentPurposeVersion.version)
    ).all()


def _held(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> Sequence[Any]:
    return session.execute(
        select(
            Consent.purpose,
            Consent.granted_at,
            ConsentPurposeVersion.version,
            Consent.source_form_id,
        )
        .join(ConsentPurposeVersion, _of_version())
        .where(*_holding(org_id, patient_id))
        .order_by(Consent.granted_at)
    ).all()


def _standing(newest: Any, held: Any | None) -> Standing:
    return Standing(
        purpose=newest.purpose,
        texts=newest.texts,
        version=newest.version,
        medical=newest.medical,
        withdrawable=newest.withdrawable,
        legal_basis=newest.legal_basis,
        granted_at=held.granted_at if held else None,
        granted_version=held.version if held else None,
        source_form_id=held.source_form_id if held else None,
    )
