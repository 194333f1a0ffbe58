"""A week of working windows: read from its stored layout, written back, and told what is wrong with it (SCH-01).

The layout, of a calendar and of a specialist in a calendar, is `{"weekly": {"mon": [["09:00", "12:00"]]}}`: wall-clock
times of the specialist's zone, 24:00 the next midnight, an end not after its start in the next local day. A weekday
that is not named is closed; no layout at all says nothing about the week.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from app.scheduling.rules.hours import Window, Windows
from app.scheduling.rules.walltime import DAY, WEEK

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A longer window over midnight is nearly always two times in the wrong order.
LONGEST_OVERNIGHT = 12 * 60

# A window as people write it: two clock readings in minutes, 0 to 1440.
Reading: TypeAlias = tuple[int, int]
Readings: TypeAlias = Sequence[Sequence[Reading]]
Week: TypeAlias = tuple[Windows, ...]


def clock_minutes(text: str) -> int | None:
    """Minutes of a typed time of day: 9, 09:00, 9.30, 0930 and 24:00; None when it is none."""
    typed = text.strip().replace(".", ":")
    hours, colon, minutes = typed.partition(":")
    if not colon and len(typed) > 2:
        hours, minutes = typed[:-2], typed[-2:]
    elif not colon:
        minutes = "00"
    if not (hours.isascii() and hours.isdigit() and len(hours) <= 2 and len(minutes) == 2):
        return None
    if not (minutes.isascii() and minutes.isdigit() and int(minutes) < 60):
        return None
    total = int(hours) * 60 + int(minutes)
    return total if total <= DAY else None


def clock_text(minute: int) -> str:
    """A clock reading as it is stored and shown: 09:00, and 24:00 for the end of the day."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def stored_week(layout: Mapping[str, Any] | None) -> Week | None:
    """The week of a stored layout; None when there is none. Raises ValueError for a layout that cannot be."""
    readings = stored_readings(layout)
    if readings is None:
        return None
    return tuple(tuple(Window.of(start, end) for start, end in day) for day in readings)


def stored_readings(layout: Mapping[str, Any] | None) -> list[list[Reading]] | None:
    """The windows of a stored layout as clock readings, Monday first."""
    if layout is None:
        return None
    weekly = layout["weekly"]
    if set(weekly) - set(DAYS):
        raise ValueError(f"not a weekday: {sorted(set(weekly) - set(DAYS))}")
    return [[_reading(pair) for pair in weekly.get(day, ())] for day in DAYS]


def week_layout(readings: Readings) -> dict[str, Any]:
    """The stored layout of seven days of clock readings; weekdays without windows are left out."""
    return {
        "weekly": {
            name: [[clock_text(start), clock_text(end)] for start, end in sorted(day)]
            for name, day in zip(DAYS, readings, strict=True)
            if day
        }
    }


def _reading(pair: Sequence[str]) -> Reading:
    start, end = (clock_minutes(text) for text in pair)
    if start is None or end is None:
        raise ValueError(f"not a window: {pair!r}")
    return start, end


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one window: its weekday, its place in that day, and the window it collides with."""

    weekday: int
    place: int
    code: str
    window: Reading
    other: Reading | None = None
    other_weekday: int | None = None


def week_faults(readings: Readings) -> list[Fault]:
    """Everything wrong with seven days of windows: empty, inverted and overlapping ones, also over midnight.

    Touching windows are fine. An end before its start means the next day, for at most twelve hours.
    """
    faults = [
        Fault(weekday, place, code, window)
        for weekday, day in enumerate(readings)
        for place, window in enumerate(day)
        if (code := _fault_of(window))
    ]
    return faults or _overlaps(readings, circle=True)


def day_faults(windows: Sequence[Reading]) -> list[Fault]:
    """The same for the windows of one date; `weekday` is 0."""
    faults = [
        Fault(0, place, code, one) for place, one in enumerate(windows) if (code := _fault_of(one))
    ]
    return faults or _overlaps([windows], circle=False)


def _fault_of(window: Reading) -> str | None:
    start, end = window
    if not (0 <= start < DAY and 0 <= end <= DAY):
        return "window_malformed"
    if start == end:
        return "window_empty"
    if end < start and end + DAY - start > LONGEST_OVERNIGHT:
        return "window_inverted"
    return None


def _overlaps(readings: Readings, *, circle: bool) -> list[Fault]:
    placed = sorted(
        (weekday * DAY + window[0], weekday * DAY + Window.of(*window).end, weekday, place, window)
        for weekday, day in enumerate(readings)
        for place, window in enumerate(day)
    )
    if circle and placed:
        first = placed[0]
        placed.append((first[0] + WEEK, first[1] + WEEK, *first[2:]))
    return list(_colliding(placed))


def _colliding(placed: list[tuple[int, int, int, int, Reading]]) -> Iterable[Fault]:
    for before, after in pairwise(placed):
        if after[0] < before[1]:
            yield Fault(after[2], after[3], "windows_overlap", after[4], before[4], before[2])
