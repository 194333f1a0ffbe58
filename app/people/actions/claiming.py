"""A guest's card is claimed later, by whoever proves its e-mail: booking first, account afterwards (BOK-01, KRN-02)."""

from __future__ import annotations

import datetime as dt
import hmac
import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, insert, select, update
from sqlalchemy.orm import Session, aliased

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import NotFound, Refused
from app.lib.ids import uuid7
from app.people.models import Patient, PatientProfile

PHONE_TAIL = 4


@dataclass(frozen=True, slots=True)
class Claimant:
    """A signed-in person, whose e-mail a link has proved."""

    human_id: uuid.UUID
    email: str


@dataclass(frozen=True, slots=True)
class UnclaimedCard:
    """A card that nobody signs in for; `asks_phone` where the e-mail alone is too little proof."""

    id: uuid.UUID
    name: str
    asks_phone: bool


def unclaimed_cards(session: Session, org_id: uuid.UUID, email: str) -> list[UnclaimedCard]:
    """Cards of this clinic with the e-mail that belong to no login yet, oldest first.

    What a guest typed is theirs by the e-mail. The card of a known patient may carry health data and an e-mail that
    staff typed, so its mobile number is asked too; without a number only the clinic can open it.
    """
    rows = session.execute(_unclaimed(org_id, email).order_by(Patient.created_at, Patient.id))
    return [
        UnclaimedCard(row.id, row.name, row.onboarded_at is not None)
        for row in rows
        if row.onboarded_at is None or row.phone
    ]


def claim(
    session: Session,
    actor: Actor,
    claimant: Claimant,
    patient_id: uuid.UUID,
    *,
    phone_tail: str,
    now: dt.datetime,
) -> None:
    """Connect a card with the person who signs in.

    Raises NotFound `patient_unknown` for a card that is not theirs to claim, Refused `claim_phone` when the last four
    digits of the mobile number are asked and wrong.
    """
    card = session.execute(
        _unclaimed(actor.clinic, claimant.email)
        .where(Patient.id == patient_id)
        .with_for_update(of=Patient)
    ).one_or_none()
    if card is None:
        raise NotFound("patient_unknown")
    if card.onboarded_at is not None and not _knows(card.phone, phone_tail):
        raise Refused("claim_phone", human_id=claimant.human_id)
    if card.profile_id is None:
        profile_id = _own_profile(session, actor.clinic, claimant, card.name, now)
        session.execute(
            update(Patient)
            .where(Patient.org_id == actor.clinic, Patient.id == patient_id)
            .values(profile_id=profile_id)
        )
    else:
        session.execute(
            update(PatientProfile)
            .where(PatientProfile.id == card.profile_id)
            .values(human_id=claimant.human_id)
        )
    record(session, actor, "patients.claim", "patient", patient_id, at=now)


def _unclaimed(
    org_id: uuid.UUID, email: str
) -> Select[uuid.UUID, str, str | None, dt.datetime | None, uuid.UUID | None]:
    return (
        select(Patient.id, Patient.name, Patient.phone, Patient.onboarded_at, Patient.profile_id)
        .outerjoin(PatientProfile, PatientProfile.id == Patient.profile_id)
        .where(
            Patient.org_id == org_id,
            Patient.email == email,
            Patient.deleted_at.is_(None),
            Patient.merged_into_id.is_(None),
            PatientProfile.human_id.is_(None),
            ~_claimed_before_merge(),
        )
    )


def _claimed_before_merge() -> ColumnElement[bool]:
    """Whether somebody signs in through a card that was merged into this one."""
    merged, theirs = aliased(Patient), aliased(PatientProfile)
    return (
        select(merged.id)
        .join(theirs, theirs.id == merged.profile_id)
        .where(
            merged.org_id == Patient.org_id,
            merged.merged_into_id == Patient.id,
            theirs.human_id.is_not(None),
        )
        .exists()
    )


def _knows(phone: str | None, tail: str) -> bool:
    return bool(phone) and hmac.compare_digest((phone or "")[-PHONE_TAIL:], tail.strip())


def _own_profile(
    session: Session, org_id: uuid.UUID, claimant: Claimant, name: str, now: dt.datetime
) -> uuid.UUID:
    """The person's portable profile where no card here carries it yet, else one of its own."""
    taken = select(Patient.profile_id).where(
        Patient.org_id == org_id, Patient.profile_id.is_not(None)
    )
    known = session.scalars(
        select(PatientProfile.id)
        .where(PatientProfile.human_id == claimant.human_id, PatientProfile.id.not_in(taken))
        .order_by(PatientProfile.created_at)
    ).first()
    if known is not None:
        return known
    profile_id = uuid7()
    session.execute(
        insert(PatientProfile).values(
            id=profile_id, human_id=claimant.human_id, name=name, created_at=now
        )
    )
    return profile_id
