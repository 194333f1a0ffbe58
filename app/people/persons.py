"""A person may have several cards after a merge (BYD-09): the kept one, and those that lead to it by `merged_into_id`.

What can never change (signed forms, consents, logs) stays with the card it was written for. Whoever reads such rows of
a person asks for all their cards here. Merges are kept flat: a card leads straight to the one that is kept.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.people.models import Patient


def cards_of(org_id: uuid.UUID, patient_ids: Collection[uuid.UUID]) -> Select[Any]:
    """The ids of every card of the persons whose cards are given, for an IN condition."""
    given, card = aliased(Patient), aliased(Patient)
    heads = select(func.coalesce(given.merged_into_id, given.id)).where(
        given.org_id == org_id, given.id.in_(patient_ids)
    )
    return select(card.id).where(
        card.org_id == org_id, or_(card.id.in_(heads), card.merged_into_id.in_(heads))
    )


def head_of(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> uuid.UUID:
    """The card that is kept of the person; the card itself where it was never merged or does not exist."""
    return (
        session.scalar(
            select(Patient.merged_into_id).where(Patient.org_id == org_id, Patient.id == patient_id)
        )
        or patient_id
    )
