"""Origins are read into the one form that a browser compares, and nothing else passes into a policy."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.errors import Invalid
from app.lib.origins import parse_origin, parse_web_address

ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("www.clinica.ro", "https://www.clinica.ro"),
        (" https://Clinica.RO/programari?x=1#y ", "https://clinica.ro"),
        ("https://clinica.ro:443", "https://clinica.ro"),
        ("https://clinica.ro:8443/", "https://clinica.ro:8443"),
        ("https://clinică.ro", "https://xn--clinic-n0a.ro"),
        ("http://localhost:5500", "http://localhost:5500"),
    ],
)
def test_typed_addresses(typed: str, origin: str) -> None:
    assert parse_origin(typed) == origin
    assert parse_origin(origin) == origin


@pytest.mark.proves("SEC-01")
@given(st.text(alphabet="ahtps:/.*;' \n0123-_@é[]", max_size=40) | st.text(max_size=40))
def test_whatever_is_typed_only_an_origin_comes_out(typed: str) -> None:
    """Property: no space, quote, semicolon or star ever reaches a Content-Security-Policy."""
    try:
        found = parse_origin(typed)
    except Invalid:
        return
    assert ORIGIN.fullmatch(found)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" clinic.ro ", "https://clinic.ro"),
        ("http://Clinic.ro:80/", "http://clinic.ro"),
        ("clinică.ro/Despre noi?x=1", None),
        ("clinică.ro/despre/?x=1", "https://xn--clinic-n0a.ro/despre?x=1"),
        ("https://clinic.ro:8443/a%20b", "https://clinic.ro:8443/a%20b"),
        ("javascript:alert(1)", None),
        ("https://me:secret@clinic.ro", None),
        ("ftp://clinic.ro", None),
        ("localhost", None),
        ("x" * 300 + ".ro", None),
        ("", None),
    ],
)
def test_a_web_address_as_people_type_it(typed: str, stored: str | None) -> None:
    if stored is None:
        with pytest.raises(Invalid, match="web_address_malformed"):
            parse_web_address(typed)
    else:
        assert parse_web_address(typed) == stored
        assert parse_web_address(stored) == stored
