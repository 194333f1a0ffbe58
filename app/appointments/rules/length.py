"""How long a visit lasts when it is not as long as its calendar says (SCH-06)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from app.scheduling.rules.refusals import Reason, Refusal

SHORTEST_MIN, LONGEST_MIN, STEP_MIN = 5, 480, 5
# What holds for a start alone: it stands already, only the end moves.
_OF_STARTS = frozenset({Reason.OFF_GRID, Reason.TOO_SOON, Reason.BEYOND_HORIZON, Reason.DAY_FULL})


def minutes_of(starts_at: dt.datetime, ends_at: dt.datetime) -> int:
    """Whole minutes between the two."""
    return int((ends_at - starts_at).total_seconds()) // 60


def possible(minutes: int) -> bool:
    """Whether a visit may last so long: five minutes to eight hours, in steps of five."""
    return SHORTEST_MIN <= minutes <= LONGEST_MIN and minutes % STEP_MIN == 0


def against_longer(refusals: Iterable[Refusal], *, overbooked: bool) -> tuple[Refusal, ...]:
    """Of the reasons against the whole visit, those that speak against its end.

    A visit that was put on taken time on purpose stays there, whatever its length.
    """
    passed = _OF_STARTS | ({Reason.OVERLAPS, Reason.COOLDOWN} if overbooked else frozenset())
    return tuple(one for one in refusals if one.reason not in passed)
