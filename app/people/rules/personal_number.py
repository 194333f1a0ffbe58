"""The Romanian personal number (CNP): its check digit, and the date of birth in it.

Source: HG 1375/2006, annex: S YYMMDD JJ NNN C, the check digit by the weights 279146358279 modulo 11.
"""

from __future__ import annotations

import datetime as dt

from app.lib.errors import Invalid

_WEIGHTS = (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)
_CENTURIES = {"1": 1900, "2": 1900, "3": 1800, "4": 1800, "5": 2000, "6": 2000}
# Residents (7, 8) and foreigners (9) are numbered without a century: the last hundred years are meant.
_WITHOUT_CENTURY = "789"


def checked(number: str, today: dt.date, *, field: str = "personal_number") -> str:
    """The number without spaces. Raises Invalid `personal_number` where its digits cannot be right."""
    digits = "".join(number.split())
    if len(digits) != 13 or not (digits.isascii() and digits.isdigit()):
        raise Invalid.one(field, "personal_number")
    if _check_digit(digits) != int(digits[12]) or birth_date(digits, today) is None:
        raise Invalid.one(field, "personal_number")
    return digits


def birth_date(digits: str, today: dt.date) -> dt.date | None:
    """The date of birth in a number of thirteen digits; None where there is no such day yet."""
    year = int(digits[1:3])
    century = _CENTURIES.get(digits[0])
    if century is None:
        if digits[0] not in _WITHOUT_CENTURY:
            return None
        century = 2000 if 2000 + year <= today.year else 1900
    try:
        born = dt.date(century + year, int(digits[3:5]), int(digits[5:7]))
    except ValueError:
        return None
    return born if born <= today else None


def _check_digit(digits: str) -> int:
    rest = sum(int(one) * weight for one, weight in zip(digits, _WEIGHTS, strict=False)) % 11
    return 1 if rest == 10 else rest
