"""Who gives a course of visits: as few people as possible, the wished one first (BYD-03)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


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
