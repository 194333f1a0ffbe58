"""Imports in words: fields, states, what is wrong in a row, and a row as the page shows it (BYD-09)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString, lazy_pgettext
from flask_babel import lazy_gettext as _l

from app.lib.errors import FieldError
from app.lib.text import clean_line
from app.people.importing.actions import CHOICES
from app.people.importing.reading import unseal
from app.people.rules import sheet_columns as columns
from app.people.rules.sheet_rows import Reading, read_row
from app.web.console.alike import sign_words
from app.web.http.copy import field_sentence

FIELDS: dict[str, LazyString] = {
    columns.NAME: _l("Name, first and last together"),
    columns.FIRST: _l("First name"),
    columns.LAST: _l("Last name"),
    columns.PHONE: _l("Mobile"),
    columns.EMAIL: _l("E-mail"),
    columns.BIRTH: _l("Date of birth"),
    columns.NUMBER: _l("Personal number (CNP)"),
    columns.LANGUAGE: _l("Language of messages"),
}
STATES: dict[str, tuple[LazyString, str]] = {
    "read": (_l("Columns to check"), "warn"),
    "checking": (_l("Rows are being checked"), "info"),
    "checked": (_l("Ready to import"), "info"),
    "importing": (_l("Being imported"), "now"),
    "done": (lazy_pgettext("import", "Imported"), "ok"),
    "undoing": (_l("Being taken back"), "now"),
    "undone": (_l("Taken back"), "mute"),
}
VERDICTS: dict[str, tuple[LazyString, str]] = {
    "new": (lazy_pgettext("row", "New"), "ok"),
    "known": (lazy_pgettext("row", "Known already"), "info"),
    "double": (lazy_pgettext("row", "Twice in the file"), "warn"),
    "invalid": (lazy_pgettext("row", "To correct"), "bad"),
}
OUTCOMES: dict[str, tuple[LazyString, str]] = {
    "added": (lazy_pgettext("row", "Added"), "ok"),
    "filled": (lazy_pgettext("row", "Card completed"), "info"),
    "left": (lazy_pgettext("row", "Left out"), "mute"),
    "undone": (lazy_pgettext("row", "Taken back"), "mute"),
    "kept": (lazy_pgettext("row", "Kept"), "warn"),
}
CHOICE_WORDS: dict[str, LazyString] = {
    "": _l("As said above"),
    "leave": lazy_pgettext("row", "Leave out"),
    "fill": _l("Complete the card"),
    "add": _l("Somebody else: add"),
}
SEPARATORS: dict[str, LazyString] = {
    ",": _l("Comma"),
    ";": _l("Semicolon"),
    "\t": _l("Tab"),
}
ENCODINGS: dict[str, str] = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1250": "Windows-1250",
    "cp1252": "Windows-1252",
}


@dataclass(frozen=True, slots=True)
class ShownProblem:
    """What is wrong in a row: the field in words, what stands there, and why not."""

    field: str
    typed: str
    why: str


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of a file as the page shows it."""

    line: int
    name: str
    phone: str | None
    email: str | None
    birth_date: dt.date | None
    numbered: bool
    verdict: str | None
    outcome: str | None
    problems: tuple[ShownProblem, ...]
    match_id: uuid.UUID | None
    match_name: str | None
    signs: tuple[LazyString, ...]
    double_of: int | None
    choices: tuple[str, ...]
    choice: str | None
    card_id: uuid.UUID | None


def shown_row(row: Any, how: Reading) -> ShownRow:
    """One row in words."""
    cells = unseal(row.cells)
    card = read_row(cells, how)
    allowed = CHOICES.get(row.verdict, ())
    undecided = "" if row.verdict == "known" else "leave"
    return ShownRow(
        row.line,
        card.name or clean_line(" ".join(cells))[:80],
        card.phone,
        card.email,
        card.birth_date,
        card.personal_number is not None,
        row.verdict,
        row.outcome,
        problems_of(row.problems, cells, how.mapping),
        row.match_id,
        row.match_name,
        sign_words(tuple(row.signs)),
        row.double_of,
        ("", *allowed) if row.verdict == "known" else allowed,
        (row.decision or undecided) if allowed else None,
        row.card_id if row.outcome in ("added", "filled", "kept") else None,
    )


def problems_of(
    kept: Sequence[Sequence[Any]], cells: Sequence[str], mapping: Sequence[str | None]
) -> tuple[ShownProblem, ...]:
    """What is wrong in a row, in words, with what stands in its cells."""
    return tuple(
        ShownProblem(
            str(FIELDS.get(field, "")),
            _typed(field, cells, mapping),
            field_sentence(FieldError(field, code, params)),
        )
        for field, code, params in kept
    )


def _typed(field: str, cells: Sequence[str], mapping: Sequence[str | None]) -> str:
    at = mapping.index(field) if field in mapping else len(cells)
    return clean_line(cells[at])[:60] if at < len(cells) else ""


def tally_words(tally: Mapping[str, int]) -> list[tuple[LazyString, int]]:
    """What became of the rows, with how many of each; what never happened is not said."""
    return [(words, tally[key]) for key, (words, _kind) in OUTCOMES.items() if tally.get(key)]
