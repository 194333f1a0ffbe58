"""When a review is asked for, may be given and may change (APT-02)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

BEST, WORST = 5, 1
EDITABLE = dt.timedelta(days=7)
"""How long after it was given a review can change."""
QUIET_BETWEEN = dt.timedelta(days=30)
"""Nobody is asked again within this time: a course of ten visits is one question."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Whether a clinic asks, how many hours after the visit, and up to which rating staff are alerted."""

    asks: bool = False
    after_hours: int = 3
    low_rating: int = 2

    def ask_at(self, done_at: dt.datetime) -> dt.datetime:
        """When the question leaves."""
        return done_at + dt.timedelta(hours=self.after_hours)

    def alarming(self, rating: int) -> bool:
        """Whether staff are told of it at once."""
        return rating <= self.low_rating


def may_give(state: str, given_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether a visit's review may be given or changed now."""
    return state == "done" and (given_at is None or now <= given_at + EDITABLE)


def asked_too_soon(last_asked: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether the patient was asked about another visit only lately."""
    return last_asked is not None and now < last_asked + QUIET_BETWEEN
