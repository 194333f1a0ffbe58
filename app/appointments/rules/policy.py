"""What follows from cancelling, moving or missing a visit: the one rule for pages, actions and the desk (APT-03).

Notice is elapsed time, not wall time: 24 hours before 09:00 on the day of a clock change are 24 hours.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from app.catalog.terms import Terms

LATE_CANCEL, LATE_MOVE, NO_SHOW = "late_cancel", "late_move", "no_show"
KINDS = (LATE_CANCEL, LATE_MOVE, NO_SHOW)


@dataclass(frozen=True, slots=True)
class Due:
    """What is due, in minor units of the visit's currency, and whether a session counts as used."""

    what: str
    amount_minor: int
    session_lost: bool


def deadline(starts_at: dt.datetime, notice_min: int) -> dt.datetime:
    """The last moment at which changing a visit is free; that moment still counts."""
    return starts_at - dt.timedelta(minutes=notice_min)


def too_late(now: dt.datetime, starts_at: dt.datetime, notice_min: int) -> bool:
    """Whether the notice has begun. `now` and `starts_at` are instants with a zone."""
    return now > deadline(starts_at, notice_min)


def patient_may_change(now: dt.datetime, starts_at: dt.datetime, terms: Terms) -> bool:
    """Whether patients may cancel or move by themselves: in time always, late where the clinic lets them."""
    if not too_late(now, starts_at, terms.notice_min):
        return True
    return terms.late_online and now < starts_at


def owed(
    what: str,
    now: dt.datetime,
    starts_at: dt.datetime,
    terms: Terms,
    price_minor: int,
    *,
    by_patient: bool,
) -> Due | None:
    """What the patient owes for what happens `now` to a visit, under the terms that it froze; None for nothing.

    Whatever the clinic causes owes nothing. A deposit is lost, so at least as much as it is due.
    """
    if not by_patient:
        return None
    if what != NO_SHOW and not too_late(now, starts_at, terms.notice_min):
        return None
    fee = terms.no_show if what == NO_SHOW else terms.late
    kept = 0 if what == LATE_MOVE else terms.deposit.of(price_minor)
    amount = max(fee.of(price_minor), kept)
    lost = terms.session_lost and what != LATE_MOVE
    return Due(what, amount, lost) if amount or lost else None
