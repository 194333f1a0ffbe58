"""Figures that a service may have, and the clinic's order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.catalog.actions import ServiceDraft, add_service
from app.catalog.rules import BOUNDS, draft_errors, moved
from app.lib.errors import Invalid
from tests.factories.cast import Cast, staff_actor
from tests.support.app import NOW

pytestmark = pytest.mark.proves("CAT-01")
FIGURES = {name: lowest for name, (lowest, _highest) in BOUNDS.items()}
GOOD: dict[str, Any] = {"names": {"ro": "Masaj"}, "kind": "therapy", "currency": "RON", **FIGURES}


@pytest.mark.parametrize("name", [name for name in BOUNDS if name != "capacity"])
def test_the_ends_are_allowed_and_nothing_beyond(name: str) -> None:
    lowest, highest = BOUNDS[name]
    for value, wrong in (
        (lowest, False),
        (highest, False),
        (lowest - 1, True),
        (highest + 1, True),
    ):
        found = list(draft_errors({**GOOD, name: value}))
        assert found == ([(name, "out_of_range", lowest, highest)] if wrong else [])


@pytest.mark.proves("CAT-02")
@pytest.mark.parametrize(
    ("kind", "capacity", "codes"),
    [
        ("therapy", 1, []),
        ("therapy", 2, ["places_of_class"]),
        ("group_class", 1, ["class_of_one"]),
        ("group_class", 2, []),
        ("group_class", 500, []),
        ("group_class", 501, ["out_of_range"]),
        ("group_class", 0, ["class_of_one", "out_of_range"]),
    ],
)
def test_several_places_are_for_classes_and_classes_have_several(
    kind: str, capacity: int, codes: list[str]
) -> None:
    found = draft_errors({**GOOD, "kind": kind, "capacity": capacity})
    assert [code for _name, code, _lowest, _highest in found] == codes


def test_all_that_is_wrong_is_told_at_once(session: Session, cast: Cast) -> None:
    draft = ServiceDraft("x", {"ro": " "}, "massage", 1, -1, currency="USD")
    with pytest.raises(Invalid) as refused:
        add_service(session, staff_actor(cast.olga), draft, now=NOW)
    fields = {one.field for one in refused.value.errors}
    assert fields == {"names", "kind", "currency", "duration_min", "price_minor"}


@given(st.lists(st.integers(), min_size=1, unique=True), st.data())
def test_a_move_keeps_everything_and_can_be_taken_back(order: list[int], data: Any) -> None:
    one = data.draw(st.sampled_from(order))
    down = moved(order, one, 1)
    assert sorted(down) == sorted(order)
    assert down.index(one) == min(order.index(one) + 1, len(order) - 1)
    if order.index(one) < len(order) - 1:
        assert moved(down, one, -1) == order
    assert [other for other in down if other != one] == [other for other in order if other != one]
