"""Whose turn it is for a freed time (BYD-04)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

EVERY_DAY, EVERY_PART = 127, 7
NOON, EVENING = 12, 17


@dataclass(frozen=True, slots=True)
class Waiting:
    """What somebody waits for; the order is by priority, then by the time of joining."""

    id: str
    time_zone: str
    joined: dt.datetime
    priority: int = 0
    specialist_id: str | None = None
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    weekdays: int = EVERY_DAY
    parts: int = EVERY_PART

    def suits(self, start: dt.datetime, specialist_id: str) -> bool:
        """Whether the time is one that they asked for, on the clock where the visit takes place."""
        local = start.astimezone(ZoneInfo(self.time_zone))
        return (
            self.specialist_id in (None, specialist_id)
            and bool(self.weekdays >> local.weekday() & 1)
            and bool(self.parts >> part_of(local) & 1)
            and (self.first_day is None or local.date() >= self.first_day)
            and (self.last_day is None or local.date() <= self.last_day)
        )


class Freed(NamedTuple):
    """A start that is free, until when the visit would last, and with whom."""

    start: dt.datetime
    end: dt.datetime
    specialist_ids: tuple[str, ...]


class Turn(NamedTuple):
    """Who shall be offered what."""

    waiting_id: str
    start: dt.datetime
    specialist_id: str


def part_of(local: dt.datetime) -> int:
    """0 morning, 1 afternoon, 2 evening."""
    return (local.hour >= NOON) + (local.hour >= EVENING)


def in_order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """First come, first served, within a priority."""
    return sorted(waiting, key=lambda one: (-one.priority, one.joined, one.id))


def turns(
    waiting: Iterable[Waiting],
    freed: Sequence[Freed],
    offered: Mapping[str, Sequence[tuple[dt.datetime, dt.datetime]]],
) -> Iterable[Turn]:
    """Who may be offered what, best first: each in their turn with the earliest time that suits them.

    `offered` holds the times that each was offered before: who let one go is not asked about a quarter of an hour
    later in the same gap.
    Several turns may want the same time: whoever takes the first one that is still free has it.
    """
    for one in in_order(waiting):
        before = offered.get(one.id, ())
        for start, end, specialist_ids in freed:
            if any(start < until and since < end for since, until in before):
                continue
            for specialist_id in specialist_ids:
                if one.suits(start, specialist_id):
                    yield Turn(one.id, start, specialist_id)
