"""Which refusals may be passed over on purpose by somebody who is allowed to (SCH-08)."""

from __future__ import annotations

from collections.abc import Sequence

from app.scheduling.rules.occupancy import VISIT
from app.scheduling.rules.refusals import Reason, Refusal

# Why a visit stands where it does, beside the reasons of the assignment.
OVERBOOKED = "overbooked"
_PASSABLE = frozenset({Reason.OVERLAPS, Reason.COOLDOWN, Reason.DAY_FULL})


def overbookable(refusals: Sequence[Refusal]) -> bool:
    """Whether nothing but other visits of the specialist stands in the way.

    Hours, absences, rooms, devices and a time that somebody is booking just now stand whoever asks.
    """
    return bool(refusals) and all(_passable(one) for one in refusals)


def _passable(refusal: Refusal) -> bool:
    return refusal.reason in _PASSABLE and refusal.kind in ("", VISIT)
