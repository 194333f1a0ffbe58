"""Money in whole minor units (bani, cents); no float ever touches an amount."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from babel.numbers import NumberFormatError, format_currency, parse_decimal

from app.lib.errors import DomainError, Invalid

_MINOR_PER_UNIT = 100
_LETTER_THEN_DIGIT = re.compile(r"(?<=[A-Z])(?=[0-9])")
_LONGEST_INPUT = 24
MAX_MINOR = 10**13


class Currency(StrEnum):
    """The currencies the product charges in; both have two decimals (ISO 4217)."""

    RON = "RON"
    EUR = "EUR"


class CurrencyMismatch(DomainError):
    """Two amounts of different currencies met in one calculation."""

    code = "currency_mismatch"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: `minor` counts bani or cents, and may be negative (a refund, a discount)."""

    minor: int
    currency: Currency = Currency.RON

    @classmethod
    def zero(cls, currency: Currency) -> Money:
        """Nothing, in that currency."""
        return cls(0, currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.minor * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(left=str(self.currency), right=str(other.currency))
        return other.minor

    def share(self, numerator: int, denominator: int) -> Money:
        """That fraction, rounded half away from zero, as invoices do: 5 % is `share(5, 100)`."""
        if denominator <= 0:
            raise ValueError("denominator must be positive")
        product = self.minor * numerator
        rounded = (2 * abs(product) + denominator) // (2 * denominator)
        return Money(rounded if product >= 0 else -rounded, self.currency)

    def allocate(self, weights: Sequence[int]) -> list[Money]:
        """Split by weights so that the parts add up exactly.

        The units that rounding leaves over go to the largest remainders, earlier parts first.
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError("weights must not be negative, and one must be positive")
        sign = -1 if self.minor < 0 else 1
        amount = abs(self.minor)
        parts = [amount * weight // total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: -(amount * weights[i] % total))
        for index in by_remainder[: amount - sum(parts)]:
            parts[index] += 1
        return [Money(sign * part, self.currency) for part in parts]

    def as_decimal(self) -> Decimal:
        """The amount in whole units, for invoices and exports: 12345 bani are 123.45."""
        return Decimal(self.minor).scaleb(-2)

    def format(self, locale: str) -> str:
        """Local form: `1.234,50 RON` in Romanian, `RON 1,234.50` in English (KRN-10)."""
        shown = format_currency(self.as_decimal(), self.currency.value, locale=locale)
        # CLDR puts a no-break space between a currency of letters and a digit; Babel omits it.
        return _LETTER_THEN_DIGIT.sub("\u00a0", shown)


def parse_money(text: str, currency: Currency, locale: str, *, field: str = "amount") -> Money:
    """Read a typed amount in the locale's own form: `1.234,50` (ro) or `1,234.50` (en).

    Raises `Invalid` with code `not_an_amount`, `too_many_decimals` or `amount_too_large`.
    """
    minor = _read_decimal(text, locale, field) * _MINOR_PER_UNIT
    if minor != minor.to_integral_value():
        raise Invalid.one(field, "too_many_decimals")
    if abs(minor) > MAX_MINOR:
        raise Invalid.one(field, "amount_too_large")
    return Money(int(minor), currency)


def _read_decimal(text: str, locale: str, field: str) -> Decimal:
    typed = text.strip()
    if not typed or len(typed) > _LONGEST_INPUT or any(char in typed for char in "eE_"):
        raise Invalid.one(field, "not_an_amount")
    try:
        value = parse_decimal(typed, locale=locale, strict=True)
    except NumberFormatError as error:
        raise Invalid.one(field, "not_an_amount") from error
    if not value.is_finite():
        raise Invalid.one(field, "not_an_amount")
    return value
