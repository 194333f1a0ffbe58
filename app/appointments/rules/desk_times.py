"""Which free times the desk suggests to a patient: the first, with whom they know, at their usual hour (BOK-04)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

EARLIEST, USUAL, SAME_TIME = "earliest", "usual", "same_time"


@dataclass(frozen=True, slots=True)
class Free:
    """A start that is free, and with whom; an instant in UTC."""

    starts_at: dt.datetime
    specialist_ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class Habit:
    """What is known of a patient: whom they prefer or saw last, when, and for what."""

    specialist_id: uuid.UUID | None = None
    last_at: dt.datetime | None = None
    calendar_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A free start with one specialist, and every reason to suggest it."""

    starts_at: dt.datetime
    specialist_id: uuid.UUID
    reasons: tuple[str, ...]


def suggestions(free: Sequence[Free], habit: Habit, zone: str) -> list[Suggestion]:
    """At most three of the free starts (given in order), each once, in order. All clocks are the zone's."""
    clock = ZoneInfo(zone)
    usual = [one for one in free if habit.specialist_id in one.specialist_ids]
    at_hour = [one for one in free if _same_time(one.starts_at, habit.last_at, clock)]
    with_usual = [one for one in at_hour if habit.specialist_id in one.specialist_ids]
    picked = (
        (EARLIEST, _first(free)),
        (USUAL, _first(usual)),
        (SAME_TIME, _first(with_usual) or _first(at_hour)),
    )
    reasons: dict[tuple[dt.datetime, uuid.UUID], list[str]] = {}
    for reason, found in picked:
        if found is not None:
            with_whom = _whom(found, habit.specialist_id)
            reasons.setdefault((found.starts_at, with_whom), []).append(reason)
    return [Suggestion(*key, tuple(why)) for key, why in sorted(reasons.items())]


def _first(free: Iterable[Free]) -> Free | None:
    return next(iter(free), None)


def _whom(free: Free, usual: uuid.UUID | None) -> uuid.UUID:
    return usual if usual is not None and usual in free.specialist_ids else free.specialist_ids[0]


def _same_time(one: dt.datetime, last: dt.datetime | None, clock: ZoneInfo) -> bool:
    if last is None:
        return False
    here, there = one.astimezone(clock), last.astimezone(clock)
    return (here.weekday(), here.hour, here.minute) == (
        there.weekday(),
        there.hour,
        there.minute,
    )
