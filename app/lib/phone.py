"""Mobile numbers: read by country, stored as E.164, shown in local form."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)

from app.lib.errors import FieldError, Invalid

_LONGEST_INPUT = 40
_MOBILE_TYPES = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_PUNCTUATION = frozenset(" \t+-./()\u00a0\u202f\u2009\u2010\u2011\u2013")


class PhoneFault(StrEnum):
    """Why a number was not accepted; each has its own sentence in the catalogue."""

    NOT_A_NUMBER = "not_a_number"
    UNKNOWN_COUNTRY = "unknown_country"
    WRONG_COUNTRY = "wrong_country"
    NOT_MOBILE = "not_mobile"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_IN_USE = "not_in_use"


class PhoneInvalid(Invalid):
    """A number that cannot receive our texts; `fault` says why. It never carries the number."""

    code = "phone_invalid"

    def __init__(self, fault: PhoneFault, country: str, field: str = "phone") -> None:
        super().__init__([FieldError(field, f"phone_{fault}", {"country": country})])
        self.fault = fault


def parse_mobile(text: str, country: str, *, field: str = "phone") -> str:
    """The E.164 form of a mobile number of `country` (ISO 3166 alpha-2), as typed by a person.

    Accepts national and international form, spaces, dots, dashes and brackets.
    Raises `PhoneInvalid`. A land line is refused: it cannot receive a text.
    """
    try:
        return _format(_checked(text, country.upper()), PhoneNumberFormat.E164)
    except _Fault as found:
        raise PhoneInvalid(found.fault, country.upper(), field) from None


def parse_phone(text: str, country: str, *, field: str = "phone") -> str:
    """As `parse_mobile`, a land line too: the phone of a place, which nobody texts. Raises `PhoneInvalid`."""
    try:
        number = _checked(text, country.upper(), mobile=False)
    except _Fault as found:
        raise PhoneInvalid(found.fault, country.upper(), field) from None
    return _format(number, PhoneNumberFormat.E164)


def parse_mobile_anywhere(text: str, home: str, *, field: str = "phone") -> str:
    """As `parse_mobile`, of the country that a number in international form names, else of `home`."""
    return parse_mobile(text, _named_country(text) or home, field=field)


def _named_country(text: str) -> str | None:
    if not text.lstrip().startswith(("+", "00")) or len(text) > _LONGEST_INPUT:
        return None
    try:
        number = phonenumbers.parse(text, "RO")
    except NumberParseException:
        return None
    return phonenumbers.region_code_for_number(number)


class _Fault(Exception):
    def __init__(self, fault: PhoneFault) -> None:
        super().__init__(fault)
        self.fault = fault


def _checked(text: str, country: str, *, mobile: bool = True) -> PhoneNumber:
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise _Fault(PhoneFault.UNKNOWN_COUNTRY)
    if len(text) > _LONGEST_INPUT or any(c not in _PUNCTUATION and not c.isdigit() for c in text):
        raise _Fault(PhoneFault.NOT_A_NUMBER)
    number = _parse(text, country)
    if number.country_code != phonenumbers.country_code_for_region(country):
        raise _Fault(PhoneFault.WRONG_COUNTRY)
    _check_length(number)
    _check_range(number, country, mobile=mobile)
    return number


def _parse(text: str, country: str) -> PhoneNumber:
    try:
        return phonenumbers.parse(text, country)
    except NumberParseException as error:
        faults = {
            NumberParseException.TOO_SHORT_AFTER_IDD: PhoneFault.TOO_SHORT,
            NumberParseException.TOO_SHORT_NSN: PhoneFault.TOO_SHORT,
            NumberParseException.TOO_LONG: PhoneFault.TOO_LONG,
            NumberParseException.INVALID_COUNTRY_CODE: PhoneFault.WRONG_COUNTRY,
        }
        raise _Fault(faults.get(error.error_type, PhoneFault.NOT_A_NUMBER)) from None


def _check_length(number: PhoneNumber) -> None:
    length = phonenumbers.is_possible_number_with_reason(number)
    if length in (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        raise _Fault(PhoneFault.TOO_SHORT)
    if length == ValidationResult.TOO_LONG:
        raise _Fault(PhoneFault.TOO_LONG)
    if length == ValidationResult.INVALID_LENGTH:
        raise _Fault(PhoneFault.NOT_A_NUMBER)


def _check_range(number: PhoneNumber, country: str, *, mobile: bool) -> None:
    if not phonenumbers.is_valid_number(number):
        raise _Fault(PhoneFault.NOT_IN_USE)
    # Several countries share one calling code (+1, +39, +44), so the country's own plan decides.
    if not phonenumbers.is_valid_number_for_region(number, country):
        raise _Fault(PhoneFault.WRONG_COUNTRY)
    if mobile and phonenumbers.number_type(number) not in _MOBILE_TYPES:
        raise _Fault(PhoneFault.NOT_MOBILE)


def _format(number: PhoneNumber, form: int) -> str:
    return phonenumbers.format_number(number, form)


def format_national(e164: str) -> str:
    """The form used inside the country: `0712 034 567` for Romania."""
    return _format(phonenumbers.parse(e164), PhoneNumberFormat.NATIONAL)


def format_international(e164: str) -> str:
    """The form used abroad: `+40 712 034 567`."""
    return _format(phonenumbers.parse(e164), PhoneNumberFormat.INTERNATIONAL)


@lru_cache(
    2048
)  # Reading a number by its country's plan costs as much as drawing the row it stands in.
def shown(e164: str, home: str | None) -> str:
    """The national form where the number is of `home` (ISO 3166 alpha-2), the international one anywhere else."""
    number = phonenumbers.parse(e164)
    at_home = phonenumbers.region_code_for_number(number) == home
    return _format(
        number, PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
    )


def country_of(e164: str) -> str | None:
    """The ISO 3166 alpha-2 country of a stored number, or None where the plan names none."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(e164))


def search_digits(text: str) -> str:
    """What to look for among stored digits when someone types part of a number.

    Drops punctuation, then the international (`00`) or trunk (`0`) prefix, so that `0712 03`,
    `+4071203` and `00407 1203` all occur in `40712034567`.
    """
    digits = "".join(str(int(char)) for char in text if char.isdecimal())
    return digits.lstrip("0")


def last_digits(e164: str, count: int = 4) -> str:
    """The end of a number, enough for its owner to recognise it: `4567`."""
    return e164[-count:]


def mask(e164: str) -> str:
    """A number made unusable but recognisable by its owner: `•••• 4567`."""
    return f"•••• {last_digits(e164)}"
