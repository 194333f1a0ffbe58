"""Text from people: search ignores diacritics, storage ignores tricks."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.errors import Invalid
from app.lib.text import (
    bounded_block,
    bounded_line,
    clean_block,
    clean_line,
    counted,
    fold,
    initials,
    search_tokens,
)


@pytest.mark.proves("KRN-10")
@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("Ștefan", "stefan"),
        ("Ştefan", "Stefan"),
        ("S\u0326tefan", "STEFAN"),
        ("Țăranu Ioniță", "taranu  ionita"),
        ("Ţăranu", "taranu"),
        ("Gâdea Înălțatu", "gadea inaltatu"),
        ("Łukasz Đorđe", "lukasz dorde"),
        ("Weiß", "WEISS"),
        ("Ærø", "aero"),
        ("O’Brien", "o'brien"),
        ("Ana–Maria", "ana-maria"),
        ("İlkay", "ilkay"),
    ],
)
def test_plain_typing_finds_the_written_name(stored: str, typed: str) -> None:
    assert fold(stored) == fold(typed)


@given(st.text(max_size=80))
def test_folding_is_settled_after_once(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert folded == folded.strip()
    assert "  " not in folded


@given(st.text(max_size=80), st.sampled_from(["NFC", "NFD"]))
def test_folding_ignores_how_letters_are_composed(text: str, form: str) -> None:
    assert fold(unicodedata.normalize(form, text)) == fold(text)


def test_a_letter_that_differs_is_not_folded_away() -> None:
    assert fold("Popa") != fold("Pop")
    assert fold("Dan") != fold("Ban")


def test_tokens_are_few_and_distinct() -> None:
    assert search_tokens("  Ștefan  POP stefan ") == ["stefan", "pop"]
    assert len(search_tokens(" ".join(map(str, range(100))))) == 6


@pytest.mark.proves("SEC-01")
@given(st.text(max_size=200))
def test_a_cleaned_line_has_no_hidden_character(text: str) -> None:
    cleaned = clean_line(text)
    categories = {unicodedata.category(char) for char in cleaned} - {"Cf"}
    assert not categories & {"Cc", "Cs", "Co", "Zl", "Zp"}
    assert clean_line(cleaned) == cleaned
    cleaned.encode()


@pytest.mark.proves("SEC-01")
def test_direction_override_and_nul_are_removed() -> None:
    assert clean_line("Ana\u202egnp.exe\x00\u200b  Pop\n") == "Anagnp.exe Pop"


def test_blocks_keep_their_lines() -> None:
    assert clean_block("one  \r\ntwo\rthree\x00\n\tfour\n\n") == "one\ntwo\nthree\n\tfour"


def test_limits_are_named() -> None:
    assert bounded_line("  Ana  ", "name") == "Ana"
    assert bounded_line("x" * 200, "name") == "x" * 200
    assert bounded_block("", "note") == ""
    for text, code in (
        ("x" * 201, "too_long"),
        ("x" * 10_000_000, "too_long"),
        (" \0", "required"),
    ):
        with pytest.raises(Invalid) as refused:
            bounded_line(text, "name")
        assert refused.value.errors[0].code == code
        assert refused.value.errors[0].field == "name"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ștefan Popescu", "ȘP"),
        ("ana-maria de la cruz", "AC"),
        ("Ana", "A"),
        ("", ""),
        ("(Dr.) Ana Pop", "AP"),
        ("ßen Ott", "SO"),
    ],
)
def test_initials(name: str, shown: str) -> None:
    assert initials(name) == shown


def test_one_needs_no_number() -> None:
    assert (counted("Taping", 1), counted("Taping", 2)) == ("Taping", "2 × Taping")
