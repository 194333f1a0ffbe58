"""Texts stay in the alphabet of the network, where they are cheap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messaging.rules.sms_text import BASIC, EXTENDED, parts, plain, septets, shortened

pytestmark = pytest.mark.proves("NTF-01")


def test_romanian_is_written_without_diacritics() -> None:
    assert plain("Ștefan și Țânțar, mâine în București") == "Stefan si Tantar, maine in Bucuresti"
    assert plain("cu sedilă: ş ţ") == "cu sedila: s t"


def test_typographers_signs_have_plain_forms() -> None:
    assert plain("„10–12” … 100\u00a0RON • ʼ") == '"10-12" ... 100 RON - ?'


def test_letters_of_the_alphabet_stay() -> None:
    assert plain("Zoë à la carte £5 €3 Ö") == "Zo? à la carte £5 €3 Ö".replace("Zo?", "Zoe")


@given(st.text())
def test_nothing_leaves_the_alphabet(text: str) -> None:
    assert set(plain(text)) <= BASIC | EXTENDED


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 81, 2)],
)
def test_parts_are_counted_as_the_network_does(text: str, expected: int) -> None:
    assert parts(text) == expected


def test_extended_letters_count_twice() -> None:
    assert septets("a€[") == 5


@given(st.text(min_size=1), st.integers(4, 40))
def test_shortened_keeps_its_limit(text: str, limit: int) -> None:
    cut = shortened(text, limit)
    assert len(cut) <= limit
    assert cut == text or len(text) > limit


def test_shortened_ends_at_a_word() -> None:
    assert shortened("Clinica de Recuperare Medicală Movimento", 28) == "Clinica de Recuperare."
