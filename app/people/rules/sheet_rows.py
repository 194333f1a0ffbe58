"""One row of a file as a card would have it, and what is wrong with its cells (BYD-09)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from email_validator import EmailNotValidError, validate_email

from app.lib.errors import Invalid
from app.lib.phone import parse_mobile_anywhere
from app.lib.text import bounded_line, clean_line, fold
from app.people.rules import personal_number
from app.people.rules.likeness import Traits
from app.people.rules.sheet_columns import (
    BIRTH,
    EMAIL,
    FIRST,
    LANGUAGE,
    LAST,
    NAME,
    NUMBER,
    PHONE,
    Mapping,
)

NAME_LIMIT = 200
_DATE = re.compile(r"(\d{1,2})[./\- ](\d{1,2})[./\- ](\d{4}|\d{2})\.?(?: 0?0:00(?::00)?)?")
_ISO = re.compile(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})(?:[T ]0?0:00(?::00)?)?")
_LANGUAGES = {
    "ro": ("ro", "romana", "romanian", "rom", "limba romana"),
    "en": ("en", "engleza", "english", "eng", "limba engleza"),
}
# A cell that an export disarmed (lib.csv) says the same without its apostrophe.
_DISARMED = re.compile(r"\A'(?=[\s\u00a0\ufeff\u200b]*[=+\-@\t\r\n＝＋－＠|%])")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a row: the field, the code of the reason (as `Invalid` has them) and values for its sentence."""

    field: str
    code: str
    params: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SheetCard:
    """A row as a card would have it; what is wrong is left empty and stands among the problems."""

    name: str
    phone: str | None
    email: str | None
    birth_date: dt.date | None
    personal_number: str | None
    locale: str
    problems: tuple[Problem, ...]

    @property
    def traits(self) -> Traits:
        return Traits(self.name, self.phone, self.email, self.birth_date)

    @property
    def named(self) -> bool:
        """Whether there is a name, without which there is no card."""
        return bool(self.name)

    @property
    def folded_name(self) -> str:
        """The name as cards are searched by it."""
        return fold(self.name)


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows are read: what the columns hold, the clinic's country and language, and today there."""

    mapping: Mapping
    country: str
    locale: str
    today: dt.date


class _Cells:
    """The cells of a row by field, with the problems found while reading them."""

    def __init__(self, cells: Sequence[str], mapping: Mapping) -> None:
        self.problems: list[Problem] = []
        self._by_field = {
            name: clean_line(_DISARMED.sub("", cell[: 4 * NAME_LIMIT]))
            for name, cell in zip(mapping, cells, strict=False)
            if name is not None
        }
        if any(cell.strip() for cell in cells[len(mapping) :]):
            self.problems.append(Problem("", "row_too_wide"))

    def text(self, name: str) -> str:
        return self._by_field.get(name, "")

    def read(self, name: str, reader: Callable[[str], T]) -> T | None:
        """The value of a cell; None where it is empty, or wrong and noted."""
        if not self.text(name):
            return None
        try:
            return reader(self.text(name))
        except Invalid as error:
            found = error.errors[0]
            params = {key: str(value) for key, value in found.params.items()}
            self.problems.append(Problem(name, found.code, params))
            return None


def read_row(row: Sequence[str], how: Reading) -> SheetCard:
    """Read one row. Nothing is raised: what is wrong is named in `problems`."""
    cells = _Cells(row, how.mapping)
    name = _name(cells)
    number = cells.read(NUMBER, lambda text: personal_number.checked(text, how.today))
    born = cells.read(BIRTH, lambda text: parse_date(text, how.today))
    in_number = personal_number.birth_date(number, how.today) if number else None
    if born and in_number and born != in_number:
        cells.problems.append(Problem(BIRTH, "birth_date_other"))
        born = None
    return SheetCard(
        name,
        cells.read(PHONE, lambda text: parse_mobile_anywhere(text, how.country)),
        cells.read(EMAIL, _email),
        born or in_number,
        number,
        cells.read(LANGUAGE, _language) or how.locale,
        tuple(cells.problems),
    )


def _name(cells: _Cells) -> str:
    whole = " ".join(
        part for part in (cells.text(NAME), cells.text(FIRST), cells.text(LAST)) if part
    )
    try:
        return bounded_line(whole, NAME, limit=NAME_LIMIT)
    except Invalid as error:
        cells.problems.insert(0, Problem(NAME, error.errors[0].code, {"limit": str(NAME_LIMIT)}))
        return ""


def _email(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise Invalid.one(EMAIL, "email_invalid") from None


def _language(text: str) -> str:
    plain = fold(text)
    for code, words in _LANGUAGES.items():
        if plain in words:
            return code
    raise Invalid.one(LANGUAGE, "language_unknown")


def parse_date(text: str, today: dt.date) -> dt.date:
    """A date as people in Romania write it: 2.3.1985, 02/03/85, 1985-03-02. Raises Invalid `date_impossible`.

    A year of two digits is the last such year that has come.
    """
    if iso := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in iso.groups())
    elif local := _DATE.fullmatch(text):
        day, month = int(local[1]), int(local[2])
        year = int(local[3])
        if len(local[3]) == 2:
            year += 2000 if 2000 + year <= today.year else 1900
    else:
        raise Invalid.one(BIRTH, "date_impossible")
    try:
        born = dt.date(year, month, day)
    except ValueError:
        raise Invalid.one(BIRTH, "date_impossible") from None
    if not dt.date(1900, 1, 1) <= born <= today:
        raise Invalid.one(BIRTH, "date_impossible")
    return born
