"""What hangs on a patient's card, in words (BYD-09)."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import ngettext

from app.people.merging.queries import Holdings

_WORDS: dict[str, Callable[[int], str]] = {
    "appointments": lambda n: ngettext("%(num)d visit", "%(num)d visits", n),
    "courses": lambda n: ngettext("%(num)d course of visits", "%(num)d courses of visits", n),
    "form_instances": lambda n: ngettext("%(num)d form", "%(num)d forms", n),
    "pose_sessions": lambda n: ngettext("%(num)d exercise session", "%(num)d exercise sessions", n),
    "waiting_entries": lambda n: ngettext(
        "%(num)d place on the waiting list", "%(num)d places on the waiting list", n
    ),
}


def held_words(held: Holdings) -> list[str]:
    """The rows of a card by kind, counted; a table that nobody has words for is an error of the house."""
    return [_WORDS[name](count) for name, count in held.counts.items()]


def has_words(table: str) -> bool:
    """Whether a table that follows a merge can be named on the page."""
    return table in _WORDS
