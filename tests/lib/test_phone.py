"""Mobile numbers are checked by country, and every refusal says why."""

from __future__ import annotations

import contextlib

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib import phone
from app.lib.phone import PhoneFault, PhoneInvalid, parse_mobile, parse_phone

pytestmark = pytest.mark.proves("KRN-10")

WITH_MOBILES = sorted(
    region
    for region in phonenumbers.SUPPORTED_REGIONS
    if phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
)


@pytest.mark.parametrize(
    "typed",
    [
        "0722 123 456",
        "0722.123.456",
        "0722-123-456",
        " (0722) 123456 ",
        "+40722123456",
        "+40 722 123 456",
        "0040 722 123 456",
        "722123456",
    ],
)
def test_every_way_people_type_it_is_one_number(typed: str) -> None:
    assert parse_mobile(typed, "RO") == "+40722123456"


@pytest.mark.parametrize(
    ("typed", "country", "fault"),
    [
        ("", "RO", PhoneFault.NOT_A_NUMBER),
        ("ana@example.ro", "RO", PhoneFault.NOT_A_NUMBER),
        ("+++", "RO", PhoneFault.NOT_A_NUMBER),
        ("1-800-FLOWERS", "US", PhoneFault.NOT_A_NUMBER),
        ("0721234567;ext=3", "RO", PhoneFault.NOT_A_NUMBER),
        ("7" * 10_000, "RO", PhoneFault.NOT_A_NUMBER),
        ("0722", "RO", PhoneFault.TOO_SHORT),
        ("07221234567890", "RO", PhoneFault.TOO_LONG),
        ("+373 69 123 456", "RO", PhoneFault.WRONG_COUNTRY),
        ("+44 7400 123456", "RO", PhoneFault.WRONG_COUNTRY),
        ("07911 123456", "GB", PhoneFault.WRONG_COUNTRY),
        ("021 312 3456", "RO", PhoneFault.NOT_MOBILE),
        ("0699 123 456", "RO", PhoneFault.NOT_IN_USE),
        ("0722 123 456", "XX", PhoneFault.UNKNOWN_COUNTRY),
    ],
)
def test_each_refusal_says_why(typed: str, country: str, fault: PhoneFault) -> None:
    with pytest.raises(PhoneInvalid) as refused:
        parse_mobile(typed, country, field="mobile")
    (error,) = refused.value.errors
    assert (refused.value.fault, error.field, error.code) == (fault, "mobile", f"phone_{fault}")


def test_a_refusal_does_not_carry_the_number() -> None:
    with pytest.raises(PhoneInvalid) as refused:
        parse_mobile("021 312 3456", "RO")
    assert "312" not in f"{refused.value} {refused.value!r} {refused.value.errors}"
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("country", WITH_MOBILES)
def test_a_mobile_of_any_country_is_accepted_in_both_forms(country: str) -> None:
    number = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    assert number is not None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert parse_mobile(phone.format_international(e164), country) == e164
    assert parse_mobile(phone.format_national(e164), country) == e164
    found = phone.country_of(e164)
    assert found is not None
    assert phonenumbers.country_code_for_region(found) == number.country_code


@given(st.text(max_size=60), st.sampled_from(["RO", "GB", "US", "MD"]))
def test_any_text_is_a_number_or_invalid(text: str, country: str) -> None:
    with contextlib.suppress(PhoneInvalid):
        assert parse_mobile(text, country).startswith("+")


def test_local_forms_and_masks() -> None:
    assert phone.format_national("+40722123456") == "0722 123 456"
    assert phone.format_international("+40722123456") == "+40 722 123 456"
    assert phone.shown("+40722123456", "RO") == "0722 123 456"
    assert phone.shown("+40722123456", None) == "+40 722 123 456"
    assert phone.shown("+442079460958", "RO") == "+44 20 7946 0958"
    assert phone.last_digits("+40722123456") == "3456"
    assert phone.mask("+40722123456") == "•••• 3456"


@pytest.mark.parametrize("typed", ["0722 12", "+40722", "0040 722", "722-12", "123456", "3456"])
def test_a_typed_part_is_found_among_the_stored_digits(typed: str) -> None:
    assert phone.search_digits(typed) in phone.search_digits("+40722123456")


def test_the_phone_of_a_place_may_be_a_land_line() -> None:
    assert parse_phone("021 310 0200", "RO") == "+40213100200"
    assert parse_phone("0722 333 444", "ro") == "+40722333444"
    for text in ("021 31", "abc", "+44 20 7946 0958"):
        with pytest.raises(PhoneInvalid):
            parse_phone(text, "RO", field="phone")
