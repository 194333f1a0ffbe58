"""Half-open intervals of integers, [start, end), as plain tuples.

The unit is the caller's (the scheduling rules use minutes since 1970-01-01T00:00Z). Touching
intervals do not overlap, but they do merge. An interval whose end is not after its start is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]


def overlaps(one: Span, other: Span) -> bool:
    """Whether the two share a point; touching at an end does not count."""
    return one[0] < other[1] and other[0] < one[1]


def merge(spans: Iterable[Span]) -> list[Span]:
    """Sorted, disjoint spans covering the same points; touching ones become one, empty ones go."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def subtract(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """What is left of `spans` outside every hole: sorted, disjoint."""
    cuts = merge(holes)
    return [piece for span in merge(spans) for piece in _outside(span, cuts)]


def _outside(span: Span, cuts: list[Span]) -> Iterator[Span]:
    start, end = span
    for cut_start, cut_end in cuts:
        if cut_end <= start:
            continue
        if cut_start >= end:
            break
        if cut_start > start:
            yield start, cut_start
        start = cut_end
    if start < end:
        yield start, end


def intersect(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """The points that lie in both lists: sorted, disjoint."""
    left, right = merge(spans), merge(others)
    shared: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            shared.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return shared
