"""Which of two cards is kept when they are merged, and what it takes over (BYD-09)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

FIELDS = ("name", "phone", "email", "locale", "preferred_specialist_id")
"""What staff choose from one card or the other."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides which card is kept. `logins` are the people who sign in as this patient."""

    id: uuid.UUID
    created_at: dt.datetime
    onboarded: bool
    logins: frozenset[uuid.UUID]


def in_order(one: Standing, other: Standing) -> tuple[Standing, Standing]:
    """The card to keep, and the one that goes into it: a login first, then a known patient, then the older card."""
    kept, absorbed = sorted(
        (one, other),
        key=lambda card: (not card.logins, not card.onboarded, card.created_at, card.id.int),
    )
    return kept, absorbed


def two_logins(one: Standing, other: Standing) -> bool:
    """Whether different people sign in as these two: then no staff member may make one record of both."""
    return len(one.logins | other.logins) > 1
