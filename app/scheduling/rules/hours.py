"""Working hours: weekly windows, date overrides and layers of both, turned into instants.

Requirements SCH-01 and SCH-02. Wall clock lives only in a Schedule; everything that leaves this
module is instants. The conventions: an end not after its start means the next local day; 24:00 is
the next local midnight; a `replace` override also clips a window spilling over from the evening
before; overlapping or touching windows become one run before starts are laid out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import NamedTuple, TypeAlias

from app.lib.intervals import Span, merge, subtract
from app.scheduling.rules.walltime import (
    DAY,
    WEEK,
    Minute,
    day_start,
    instant,
    local_ordinal,
    steady_midnight,
    zone,
)

_LOOK_BACK_DAYS = 16


class Window(NamedTuple):
    """Minutes of the local day, start 0 to 1440; an end past 1440 lies in the next local day."""

    start: int
    end: int

    @classmethod
    def of(cls, start: int, end: int) -> Window:
        """From two clock readings in minutes (0 to 1440); an end not after its start wraps.

        Raises ValueError when a reading lies outside the day.
        """
        if not (0 <= start <= DAY and 0 <= end <= DAY):
            raise ValueError("a clock reading lies between 00:00 and 24:00")
        return cls(start, end if end > start else end + DAY)


Windows: TypeAlias = tuple[Window, ...]


class Mode(Enum):
    """What a date override does to the weekly hours of its date."""

    REPLACE = "replace"
    ADD = "add"


class Override(NamedTuple):
    """One date's exception; `replace` without windows closes the date."""

    mode: Mode
    windows: Windows = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """One layer of hours in one zone.

    `weekly` has seven entries, Monday first; None says nothing about the week, so that a layer of
    overrides alone can stand over or under others. An empty `tz` is a layer nobody can book in.
    Raises UnknownZone, or ValueError for a week without seven days.
    """

    tz: str
    weekly: tuple[Windows, ...] | None = None
    overrides: Mapping[date, Override] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.tz:
            zone(self.tz)
        if self.weekly is not None and len(self.weekly) != 7:
            raise ValueError("weekly hours need seven days, Monday first")

    def key(self) -> Hashable:
        """Equal for schedules that give the same hours."""
        return self.tz, self.weekly, frozenset(self.overrides.items())

    def override(self, ordinal: int) -> Override | None:
        """The date's override, if any."""
        return self.overrides.get(date.fromordinal(ordinal)) if self.overrides else None

    def replaces(self, ordinal: int) -> bool:
        """Whether the date's hours are given by a `replace` override."""
        override = self.override(ordinal)
        return override is not None and override.mode is Mode.REPLACE

    def says(self, ordinal: int) -> bool:
        """Whether this layer gives the date's hours by itself."""
        return self.weekly is not None or self.replaces(ordinal)

    def windows(self, ordinal: int) -> Windows:
        """The wall-clock windows that begin on the date, as written."""
        weekly = self.weekly[(ordinal - 1) % 7] if self.weekly is not None else ()
        override = self.override(ordinal)
        if override is None:
            return weekly
        return override.windows if override.mode is Mode.REPLACE else weekly + override.windows


# Least specific first: the specialist's own, the calendar's, the specialist's in that calendar.
Layers: TypeAlias = tuple[Schedule, ...]


class Run(NamedTuple):
    """One unbroken stretch of working time and the instants its grid is laid from."""

    start: Minute
    end: Minute
    origins: tuple[Minute, ...]


def working_runs(layers: Layers, start: Minute, end: Minute) -> list[Run]:
    """The merged working time that reaches into [start, end), each run with its true start.

    The most specific layer that gives a date's hours wins (SCH-01); a `replace` override of a
    less specific layer (a vacation, a holiday) still takes away what it leaves out. The first run
    is followed back to where it really begins, so that no grid depends on the range asked for.
    """
    if not layers or not all(layer.tz for layer in layers):
        return []
    first = min(local_ordinal(layer.tz, start) for layer in layers) - 2
    last = max(local_ordinal(layer.tz, end) for layer in layers)
    limit = first - _LOOK_BACK_DAYS
    spans = _between(layers, first, last)
    while first > limit and _may_begin_earlier(layers, spans, first, start):
        first -= 1
        spans = merge([*_between(layers, first, first), *spans])
    tz = layers[0].tz
    return [
        Run(begin, close, _origins(tz, begin, close))
        for begin, close in spans
        if start < close and begin < end
    ]


def _may_begin_earlier(layers: Layers, spans: list[Span], first: int, start: Minute) -> bool:
    # Windows of the dates before `first` reach at most to the end of `first`.
    edge = max(day_start(layer.tz, first + 1) for layer in layers)
    reaching = next((span for span in spans if span[1] > start), None)
    return reaching is not None and reaching[0] <= edge


def _origins(tz: str, start: Minute, end: Minute) -> tuple[Minute, ...]:
    """The run's start, and each local Monday at which it has been open for a week.

    Hours that never close have no window start; laying their grid anew each week keeps the answer
    independent of the range and close to the wall clock after a clock change.
    """
    if end - start <= WEEK:
        return (start,)
    monday = local_ordinal(tz, start + WEEK)
    monday += -(monday - 1) % 7
    mondays = (day_start(tz, day) for day in range(monday, local_ordinal(tz, end) + 1, 7))
    return (start, *(at for at in mondays if start + WEEK <= at < end))


def _between(layers: Layers, first: int, last: int) -> list[Span]:
    """Merged working time of the windows that begin on the dates first..last."""
    if len(layers) == 1:
        return merge(_single(layers[0], first, last))
    opened = [span for ordinal in range(first, last + 1) for span in _opened(layers, ordinal)]
    # A day wider on each side: windows spill over, and the layers' zones may differ.
    days = range(first - 1, last + 3)
    return subtract(opened, [hole for ordinal in days for hole in _closed(layers, ordinal)])


def _base(layers: Layers, ordinal: int) -> int:
    """Index of the most specific layer that gives the date's hours (0 when none does)."""
    if len(layers) == 1:
        return 0
    return max((i for i, layer in enumerate(layers) if layer.says(ordinal)), default=0)


def _single(layer: Schedule, first: int, last: int) -> list[Span]:
    """What `_opened` gives for one layer and those dates, fast on ordinary ones.

    Ordinary is a date without an override and a change of the clocks, and with windows that end
    on it: all but a few in a year.
    """
    overridden = {date.toordinal() for date in layer.overrides}
    weekly = layer.weekly or ((),) * 7
    plain = [all(end <= DAY for _start, end in windows) for windows in weekly]
    spans: list[Span] = []
    for ordinal in range(first, last + 1):
        weekday = (ordinal - 1) % 7
        if ordinal not in overridden and plain[weekday]:
            windows = weekly[weekday]
            midnight = steady_midnight(layer.tz, ordinal) if windows else 0
            if midnight is not None:
                spans += [(midnight + start, midnight + end) for start, end in windows]
                continue
        spans += _opened((layer,), ordinal)
    return spans


def _opened(layers: Layers, ordinal: int) -> Iterator[Span]:
    base = _base(layers, ordinal)
    for layer in layers[base:]:
        for start, end in layer.windows(ordinal):
            until = instant(layer.tz, ordinal, end)
            if end > DAY:
                until = min([until, *_clips(layers, base, ordinal + 1)])
            yield instant(layer.tz, ordinal, start), until


def _clips(layers: Layers, base: int, ordinal: int) -> list[Minute]:
    """Midnights at which a window spilling over into the date ends, because it is overridden."""
    ruling = layers[min(base, _base(layers, ordinal)) :]
    return [day_start(layer.tz, ordinal) for layer in ruling if layer.replaces(ordinal)]


def _closed(layers: Layers, ordinal: int) -> list[Span]:
    """What `replace` overrides of layers that do not give the date's hours take away from it."""
    holes: list[Span] = []
    for layer in layers[: _base(layers, ordinal)]:
        if layer.replaces(ordinal):
            day = (day_start(layer.tz, ordinal), day_start(layer.tz, ordinal + 1))
            windows = layer.windows(ordinal)
            kept = [
                (instant(layer.tz, ordinal, start), instant(layer.tz, ordinal, end))
                for start, end in windows
            ]
            holes += subtract([day], kept)
    return holes
