"""What somebody waits for, in words."""

from __future__ import annotations

from typing import Literal

from babel.dates import get_day_names
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l

from app.waiting.queries import EntryView
from app.waiting.rules.matching import EVERY_DAY, EVERY_PART
from app.web.http.templating import day

PARTS = {0: _l("Morning"), 1: _l("Afternoon"), 2: _l("Evening")}


def day_names(width: Literal["wide", "abbreviated"] = "wide") -> dict[str, str]:
    """The days of the week by bit, Monday first, as the reader writes them."""
    names = get_day_names(width, "stand-alone", locale=get_locale() or "en")
    return {str(number): str(names[number]) for number in range(7)}


def wish_words(entry: EntryView) -> str:
    """The wish in one line: with whom, when, on which days and parts of the day."""
    said = [entry.specialist_name or gettext("Anyone")]
    if entry.first_day or entry.last_day:
        said.append(_dates(entry))
    if entry.weekdays != EVERY_DAY:
        short = day_names("abbreviated")
        said.append(", ".join(short[str(bit)] for bit in range(7) if entry.weekdays >> bit & 1))
    if entry.parts != EVERY_PART:
        parts = [str(words).lower() for bit, words in PARTS.items() if entry.parts >> bit & 1]
        said.append(", ".join(parts))
    return " · ".join(said)


def _dates(entry: EntryView) -> str:
    first = day(entry.first_day, "medium") if entry.first_day else None
    last = day(entry.last_day, "medium") if entry.last_day else None
    if first and last:
        return gettext("%(first)s to %(last)s", first=first, last=last)
    return gettext("from %(day)s", day=first) if first else gettext("until %(day)s", day=last)
