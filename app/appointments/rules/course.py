"""Who gives a course of visits, as few people as possible, the wished one first; and its habit (BYD-03)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence


def same_specialist(free: Sequence[Sequence[str]], usual: str | None = None) -> list[str | None]:
    """One specialist for each visit from those who are free then; None where nobody is.

    The patient's usual specialist is taken wherever they are free if they can give at least half of the visits that
    anybody can; otherwise whoever is free most often. The gaps are filled in the same order.
    """
    counts = Counter(one for able in free for one in able)
    possible = sum(1 for able in free if able)
    order = sorted(counts, key=lambda one: (-counts[one], one))
    if usual is not None and usual in counts and counts[usual] * 2 >= possible:
        order = [usual, *(one for one in order if one != usual)]
    return [next((one for one in order if one in able), None) for able in free]


def usual_times(starts: Iterable[dt.datetime]) -> dict[int, dt.time]:
    """The time of each day of the week (0 is Monday) at which the visits are most often, on the clock of `starts`.

    Of two that are equally frequent on a day the earlier one counts.
    """
    found: dict[int, Counter[dt.time]] = {}
    for one in starts:
        found.setdefault(one.weekday(), Counter())[one.time()] += 1
    return {
        day: min(times, key=lambda time: (-times[time], time))
        for day, times in sorted(found.items())
    }
