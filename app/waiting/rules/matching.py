"""Whose turn it is for a freed time (BYD-04)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

EVERY_DAY, EVERY_PART = 127, 7
# Nobody is asked more often by itself: who has let three times go wishes for another than those.
MOST_A_DAY = 3
NOON, EVENING = 12, 17


class Seen(NamedTuple):
    """An instant as a clock on the wall shows it: Monday is 0, the morning is part 0."""

    date: dt.date
    weekday: int
    part: int


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
        return self.specialist_id in (None, specialist_id) and self.likes(_seen(start, self))

    def likes(self, seen: Seen) -> bool:
        """Whether day and part of the day are what they asked for."""
        return (
            bool(self.weekdays >> seen.weekday & 1)
            and bool(self.parts >> seen.part & 1)
            and (self.first_day is None or seen.date >= self.first_day)
            and (self.last_day is None or seen.date <= self.last_day)
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


def may_be_asked(asked: Iterable[dt.datetime], now: dt.datetime) -> bool:
    """Whether somebody who was asked at these moments may be asked again now."""
    return sum(now - one < dt.timedelta(days=1) for one in asked) < MOST_A_DAY


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
    clocks: dict[str, list[Seen]] = {}
    for one in in_order(waiting):
        before = offered.get(one.id, ())
        if one.time_zone not in clocks:
            clocks[one.time_zone] = [_seen(start, one) for start, _, _ in freed]
        for (start, end, specialist_ids), seen in zip(freed, clocks[one.time_zone], strict=True):
            if not one.likes(seen) or _asked_already(before, start, end):
                continue
            for specialist_id in specialist_ids:
                if one.specialist_id in (None, specialist_id):
                    yield Turn(one.id, start, specialist_id)


def _asked_already(
    before: Sequence[tuple[dt.datetime, dt.datetime]], start: dt.datetime, end: dt.datetime
) -> bool:
    return any(start < until and since < end for since, until in before)


def _seen(start: dt.datetime, by: Waiting) -> Seen:
    local = start.astimezone(ZoneInfo(by.time_zone))
    return Seen(local.date(), local.weekday(), part_of(local))
