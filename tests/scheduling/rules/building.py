"""Short ways to write schedules, instants and lists of starts in the tests of the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from app.scheduling.rules.availability import Asking, Specialist, availability
from app.scheduling.rules.hours import Mode, Override, Schedule, Window, Windows
from app.scheduling.rules.occupancy import Pool
from app.scheduling.rules.offer import Offer
from app.scheduling.rules.walltime import from_datetime, localised

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONG_AGO = Asking(0)
HOURLY = Offer(60, 60)


def clock(text: str) -> int:
    """Minutes of the day from `09:30`."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def windows(text: str) -> Windows:
    """Windows from `09:00-13:00 14:00-18:00`; none from the empty text."""
    pairs = [part.split("-") for part in text.split()]
    return tuple(Window.of(clock(start), clock(end)) for start, end in pairs)


def schedule(
    tz: str, weekly: Mapping[str, str] | None, overrides: Mapping[str, str] | None = None
) -> Schedule:
    """Weekly by day or span of days (`mon`, `mon-fri`); overrides by date, `+` first to add."""
    week = None if weekly is None else _week(weekly)
    exceptions = {}
    for day, text in (overrides or {}).items():
        mode = Mode.ADD if text.startswith("+") else Mode.REPLACE
        exceptions[date.fromisoformat(day)] = Override(mode, windows(text.lstrip("+")))
    return Schedule(tz, week, exceptions)


def _week(weekly: Mapping[str, str]) -> tuple[Windows, ...]:
    days: list[Windows] = [()] * 7
    for names, text in weekly.items():
        first, _, last = names.partition("-")
        for day in range(DAYS.index(first), DAYS.index(last or first) + 1):
            days[day] = windows(text)
    return tuple(days)


def at(text: str) -> int:
    """The minute of an ISO time with its zone; without one, UTC."""
    moment = datetime.fromisoformat(text)
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def seconds(text: str) -> int:
    """The epoch second of a UTC time."""
    return at(text) * 60


def person(hours: Schedule | tuple[Schedule, ...], **fields: object) -> Specialist:
    """A specialist named `ana` unless told otherwise."""
    layers = hours if isinstance(hours, tuple) else (hours,)
    return replace(Specialist("ana", layers), **fields)


def local_starts(
    who: Specialist,
    first: str,
    last: str,
    offer: Offer = HOURLY,
    asking: Asking = LONG_AGO,
    pools: Sequence[Pool] = (),
) -> list[str]:
    """Starts between two UTC times, as `Mon 14:30` on the specialist's wall clock."""
    found = availability(offer, [who], (at(first), at(last)), asking, pools)
    return [localised(who.hours[0].tz, start).strftime("%a %H:%M") for start in found.starts()]
