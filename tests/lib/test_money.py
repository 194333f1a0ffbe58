"""Money never loses a ban, whatever is added, split or typed."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.errors import Invalid
from app.lib.money import MAX_MINOR, Currency, CurrencyMismatch, Money, parse_money

pytestmark = pytest.mark.proves("KRN-10")

amounts = st.integers(min_value=-MAX_MINOR, max_value=MAX_MINOR)
currencies = st.sampled_from(Currency)
weights = st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(lambda w: sum(w) > 0)


@given(amounts, weights)
def test_parts_add_up_and_stay_within_one_unit(minor: int, shares: list[int]) -> None:
    parts = Money(minor).allocate(shares)
    assert sum(part.minor for part in parts) == minor
    for part, weight in zip(parts, shares, strict=True):
        exact = Decimal(minor) * weight / sum(shares)
        assert abs(part.minor - exact) < 1
        assert weight or part.minor == 0


@given(amounts, amounts, currencies)
def test_adding_and_taking_away_return(left: int, right: int, currency: Currency) -> None:
    start, change = Money(left, currency), Money(right, currency)
    assert start + change - change == start
    assert start + -start == Money.zero(currency)
    assert (start < change) == (left < right)


@given(amounts, st.integers(0, 200))
def test_share_rounds_half_away_from_zero(minor: int, percent: int) -> None:
    exact = Decimal(minor) * percent / 100
    assert Money(minor).share(percent, 100).minor == int(
        exact.quantize(Decimal(1), "ROUND_HALF_UP")
    )


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_impossible_splits_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError):
        Money(100).allocate(weights)


def test_currencies_never_mix() -> None:
    lei, euro = Money(100), Money(100, Currency.EUR)
    assert lei != euro
    with pytest.raises(CurrencyMismatch):
        _ = lei + euro
    with pytest.raises(CurrencyMismatch):
        _ = lei <= euro


@pytest.mark.parametrize(
    ("locale", "currency", "shown"),
    [
        ("ro", Currency.RON, "1.234,50 RON"),
        ("ro", Currency.EUR, "1.234,50 EUR"),
        ("en", Currency.RON, "RON 1,234.50"),
        ("en", Currency.EUR, "€1,234.50"),
    ],
)
def test_local_form(locale: str, currency: Currency, shown: str) -> None:
    formatted = Money(123450, currency).format(locale)
    assert formatted.replace("\xa0", " ") == shown


@given(st.integers(0, MAX_MINOR), st.sampled_from(["ro", "en"]))
def test_the_shown_number_can_be_typed_back(minor: int, locale: str) -> None:
    shown = Money(minor).format(locale).replace("RON", "").strip()
    assert parse_money(shown, Currency.RON, locale) == Money(minor)


@pytest.mark.parametrize(
    ("text", "locale", "code"),
    [
        ("", "ro", "not_an_amount"),
        ("abc", "ro", "not_an_amount"),
        ("1e9", "en", "not_an_amount"),
        ("NaN", "en", "not_an_amount"),
        ("Infinity", "en", "not_an_amount"),
        ("1.23.4", "ro", "not_an_amount"),
        ("12,345", "ro", "too_many_decimals"),
        ("99999999999999", "ro", "amount_too_large"),
        ("9" * 400, "ro", "not_an_amount"),
    ],
)
def test_what_is_no_amount_is_named(text: str, locale: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_money(text, Currency.RON, locale, field="price")
    assert [(error.field, error.code) for error in refused.value.errors] == [("price", code)]


@given(st.text(max_size=40), st.sampled_from(["ro", "en"]))
def test_any_text_is_money_or_invalid(text: str, locale: str) -> None:
    with contextlib.suppress(Invalid):
        assert isinstance(parse_money(text, Currency.RON, locale), Money)
