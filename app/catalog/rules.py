"""Decisions about services on plain values: which figures can be, and the clinic's order."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from app.catalog.terms import faults, read

KINDS = ("consultation", "evaluation", "therapy", "group_class", "telerehab")
CURRENCIES = ("RON", "EUR")
# Least and greatest of each figure: minutes, days and minor units.
BOUNDS = {
    "duration_min": (5, 1440),
    "step_min": (5, 1440),
    "buffer_before_min": (0, 240),
    "buffer_after_min": (0, 240),
    "cooldown_min": (0, 1440),
    "min_notice_min": (0, 60 * 24 * 90),
    "horizon_days": (1, 730),
    "cancel_notice_min": (0, 60 * 24 * 30),
    "price_minor": (0, 10**9),
    "capacity": (1, 500),
}
Key = TypeVar("Key", bound=Hashable)


def draft_errors(values: Mapping[str, Any]) -> Iterator[tuple[str, str, int, int]]:
    """Field, code, least and greatest of everything wrong with a described service."""
    if not any(text.strip() for text in values["names"].values()):
        yield "names", "required", 0, 0
    if values["kind"] not in KINDS:
        yield "kind", "unknown_choice", 0, 0
    if values["currency"] not in CURRENCIES:
        yield "currency", "unknown_choice", 0, 0
    if (values["kind"] == "group_class") != (values["capacity"] > 1):
        alone = values["kind"] == "group_class"
        yield "capacity", "class_of_one" if alone else "places_of_class", 0, 0
    for name, code, lowest, highest in faults(read(values.get("terms", {}), 0)):
        yield name, code, lowest, highest
    for name, (lowest, highest) in BOUNDS.items():
        if not lowest <= values[name] <= highest:
            yield name, "out_of_range", lowest, highest


def moved(order: Sequence[Key], one: Key, step: int) -> list[Key]:
    """The order with one thing moved by `step` places, as far as there are places."""
    rest = [other for other in order if other != one]
    place = min(max(order.index(one) + step, 0), len(rest))
    return [*rest[:place], one, *rest[place:]]
