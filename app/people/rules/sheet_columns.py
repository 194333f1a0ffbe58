"""Which column of a file holds what (BYD-09): guessed from its name, in Romanian or English."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.lib.errors import Invalid
from app.lib.text import fold

NAME, FIRST, LAST = "name", "first_name", "last_name"
PHONE, EMAIL = "phone", "email"
BIRTH, NUMBER, LANGUAGE = "birth_date", "personal_number", "locale"
FIELDS = (NAME, FIRST, LAST, PHONE, EMAIL, BIRTH, NUMBER, LANGUAGE)

_NAMES = {
    NAME: (
        "nume complet|nume si prenume|nume prenume|numele si prenumele|pacient|nume pacient|name|full name"
        "|patient|patient name|client|nume client"
    ),
    FIRST: "prenume|prenumele|prenume pacient|first name|firstname|given name|forename",
    LAST: "nume de familie|nume familie|last name|lastname|surname|family name",
    PHONE: (
        "telefon|telefonul|tel|nr telefon|numar telefon|numar de telefon|nr tel|mobil|telefon mobil|gsm"
        "|phone|phone number|mobile|mobile phone|cell|telephone|contact"
    ),
    EMAIL: "email|e mail|mail|adresa email|adresa de email|adresa e mail|email address|e mail address",
    BIRTH: (
        "data nasterii|data nastere|data de nastere|nascut|nascut la|nascuta la|nastere|dn"
        "|date of birth|birth date|birthdate|birthday|dob|born"
    ),
    NUMBER: "cnp|cod numeric personal|cod numeric|personal number|national id|personal numeric code",
    LANGUAGE: "limba|limba mesajelor|language|language of messages|locale",
}
_BY_NAME = {words: field for field, all_words in _NAMES.items() for words in all_words.split("|")}
_LAST_WHERE_FIRST = frozenset({"nume", "numele", "name"})
_NOT_WORDS = re.compile(r"[^a-z0-9]+")
_DATA = re.compile(r"\+?[\d\s().-]{9,}|[^@\s]+@[^@\s]+\.[^@\s]+|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")

Mapping = tuple[str | None, ...]
"""For each column the field that it holds, or None where it is not brought in."""


def guess(header: Sequence[str]) -> Mapping:
    """What the columns hold by their names; each field once, the first column that is called so."""
    plain = [_NOT_WORDS.sub(" ", fold(one)).strip() for one in header]
    apart = any(_BY_NAME.get(one) == FIRST for one in plain)
    taken: set[str] = set()
    found: list[str | None] = []
    for words in plain:
        field = _BY_NAME.get(words)
        if words in _LAST_WHERE_FIRST:
            field = LAST if apart else NAME
        if field in taken:
            field = None
        if field is not None:
            taken.add(field)
        found.append(field)
    return tuple(found)


def names_columns(cells: Sequence[str]) -> bool:
    """Whether a first row names the columns: one of them is known, or none looks like a patient's data."""
    if any(guess(cells)):
        return True
    return not any(_DATA.fullmatch(cell.strip()) for cell in cells)


def checked_mapping(chosen: Sequence[str | None], width: int) -> Mapping:
    """A mapping that can be used. Raises Invalid: `column_twice` on the field of a column, `column_name_missing`."""
    if len(chosen) != width or any(one is not None and one not in FIELDS for one in chosen):
        raise Invalid.one("columns", "invalid_choice")
    seen: set[str] = set()
    for at, one in enumerate(chosen):
        if one is not None and one in seen:
            raise Invalid.one(f"column-{at}", "column_twice")
        seen.add(one or "")
    if NAME not in seen and not {FIRST, LAST} & seen:
        raise Invalid.one("columns", "column_name_missing")
    return tuple(chosen)
