"""Short names in addresses, and marks of what somebody saw."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.fingerprint import fingerprint
from app.lib.slugs import free_slug, is_slug, slug_of


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Kinetoterapie la Ștefan", "kinetoterapie-la-stefan"),
        ("  Dr. Ana–Maria  Țurcanu! ", "dr-ana-maria-turcanu"),
        ("30 min. (online)", "30-min-online"),
        ("治疗", "x"),
        ("", "x"),
    ],
)
def test_short_names(text: str, slug: str) -> None:
    assert slug_of(text) == slug


@given(st.text())
def test_every_text_has_a_short_name_that_stays(text: str) -> None:
    slug = slug_of(text)
    assert is_slug(slug)
    assert slug_of(slug) == slug


def test_the_first_free_number_is_taken() -> None:
    assert free_slug("ana", set()) == "ana"
    assert free_slug("ana", {"ana", "ana-2"}) == "ana-3"


def test_a_mark_differs_when_a_value_does_and_not_by_order() -> None:
    day = dt.date(2027, 3, 3)
    assert fingerprint({"a": 1, "b": day}) == fingerprint({"b": day, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": None})
    assert len(fingerprint({})) == 16
