"""A clinic's colour stays readable in a mail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messaging.rules.accent import CONTRAST, contrast_with_white, readable_on_white


@given(st.integers(0, 0xFFFFFF))
def test_every_colour_becomes_readable(number: int) -> None:
    found = readable_on_white(f"#{number:06x}")
    parts = [int(found[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    assert contrast_with_white(parts) >= CONTRAST


def test_a_dark_colour_stays_as_it_is() -> None:
    assert readable_on_white("#0f766e") == "#0f766e"


def test_the_extremes() -> None:
    assert contrast_with_white([0, 0, 0]) == pytest.approx(21)
    assert contrast_with_white([1, 1, 1]) == pytest.approx(1)
