"""Half-open intervals, compared with plain sets of points."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.lib.intervals import Span, intersect, merge, overlaps, subtract

spans = st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), max_size=8)


def points(some: list[Span]) -> set[int]:
    return {point for start, end in some for point in range(start, end)}


def is_tidy(some: list[Span]) -> bool:
    edges = [edge for span in some for edge in span]
    return edges == sorted(set(edges))


@given(spans)
def test_merge_keeps_the_points_and_leaves_gaps_between(some: list[Span]) -> None:
    assert points(merge(some)) == points(some)
    assert is_tidy(merge(some))


@given(spans, spans)
def test_subtract_and_intersect_part_the_points(some: list[Span], others: list[Span]) -> None:
    assert points(subtract(some, others)) == points(some) - points(others)
    assert points(intersect(some, others)) == points(some) & points(others)
    assert is_tidy(subtract(some, others))


def test_touching_spans_merge_but_do_not_overlap() -> None:
    assert merge([(3, 5), (1, 3)]) == [(1, 5)]
    assert not overlaps((1, 3), (3, 5))
    assert overlaps((1, 4), (3, 5))
