"""Maps of possible starts: one byte for each point of a common grid, 1 where a visit may start.

All constraints act on such a map, so one pass answers for every start at once; maps combine as big
integers. The unit is the largest step that meets every start, and busy time is compared in exact
minutes, so nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress
from math import gcd
from typing import NamedTuple

from app.lib.intervals import Span
from app.scheduling.rules.hours import Run
from app.scheduling.rules.occupancy import HOLD, SESSION, VISIT, Busy
from app.scheduling.rules.offer import Offer
from app.scheduling.rules.walltime import Minute, day_start, local_ordinal

RESTING = frozenset({VISIT, HOLD, SESSION})


class Axis(NamedTuple):
    """The grid's points: base, base + unit, ... (count of them), in minutes."""

    base: Minute
    unit: int
    count: int

    @classmethod
    def meeting(cls, points: Iterable[Minute], step: int, end: Minute) -> Axis:
        """The coarsest axis up to `end` that meets every point and every step from it."""
        known = set(points)
        base = min(known, default=end)
        unit = gcd(step, *(point - base for point in known))
        return cls(base, unit, max(0, -((base - end) // unit)))

    def minutes(self) -> range:
        """Every point of the axis."""
        return range(self.base, self.base + self.unit * self.count, self.unit)

    def index(self, minute: Minute) -> int | None:
        """The point at that minute, or None where there is none."""
        place, rest = divmod(minute - self.base, self.unit)
        return None if rest or not 0 <= place < self.count else place

    def at_or_after(self, minute: Minute) -> int:
        """Index of the first point not before the minute, kept on the axis."""
        return min(max(-((self.base - minute) // self.unit), 0), self.count)

    def starts(self, cells: bytes | bytearray) -> list[Minute]:
        """The minutes that the map marks."""
        return list(compress(self.minutes(), cells))


class Visit(NamedTuple):
    """A visit's length and the time kept free around it, in minutes."""

    duration: int
    before: int
    after: int
    rest: int

    @classmethod
    def of(cls, offer: Offer, before: int = 0, after: int = 0) -> Visit:
        """The offer's visit with a specialist whose own buffers may be the larger ones."""
        return cls(
            offer.duration_min,
            max(offer.buffer_before_min, before),
            max(offer.buffer_after_min, after),
            offer.cooldown_min,
        )

    def footprint(self, start: Minute) -> Span:
        """The time such a visit takes, buffers included."""
        return start - self.before, start + self.duration + self.after

    def fits(self, start: Minute, run: Run, *, buffers_inside: bool) -> bool:
        """Whether the visit (or its whole footprint) lies in the run."""
        first, last = bounds(self, run, buffers_inside=buffers_inside)
        return first <= start <= last


def bounds(visit: Visit, run: Run, *, buffers_inside: bool) -> tuple[Minute, Minute]:
    """First and last instant at which the visit would lie in the run (last < first: never)."""
    if buffers_inside:
        return run.start + visit.before, run.end - visit.duration - visit.after
    return run.start, run.end - visit.duration


def stretches(runs: Iterable[Run], visit: Visit, offer: Offer, span: Span) -> list[Span]:
    """Where the grids of the runs offer starts in the span: (first start, end of starts).

    A grid is origin + k x step; neither buffers nor busy time nor the span shift it.
    """
    found: list[Span] = []
    for run in runs:
        first, last = bounds(visit, run, buffers_inside=offer.buffers_inside_hours)
        first, stop = max(first, span[0]), min(last + 1, span[1])
        for origin, limit in zip(run.origins, (*run.origins[1:], stop), strict=True):
            skipped = max(0, -((origin - first) // offer.step_min))
            begin = origin + skipped * offer.step_min
            if begin < min(limit, stop):
                found.append((begin, min(limit, stop)))
    return found


def marked(axis: Axis, starts: Iterable[Span], step: int) -> bytearray:
    """A map with every start of those stretches."""
    cells = bytearray(axis.count)
    stride = step // axis.unit
    for begin, stop in starts:
        low, high = axis.at_or_after(begin), axis.at_or_after(stop)
        cells[low:high:stride] = b"\x01" * len(range(low, high, stride))
    return cells


def block(axis: Axis, cells: bytearray, visit: Visit, busy: Iterable[Busy]) -> None:
    """Take out every start whose footprint would meet a busy footprint, or break the rest."""
    base, unit, count = axis
    lead, tail = visit.duration + visit.after + base, visit.before - base
    for start, end, before, after, *_ in busy:
        low = (start - before - lead) // unit + 1
        high = -((-end - after - tail) // unit)
        if low < 0:
            low = 0
        if high > count:
            high = count
        if low < high:
            cells[low:high] = bytes(high - low)
    if visit.rest:
        _block_rest(axis, cells, visit, busy)


def _block_rest(axis: Axis, cells: bytearray, visit: Visit, busy: Iterable[Busy]) -> None:
    for start, end, _before, _after, kind, *_ in busy:
        if kind in RESTING:
            low = (start - visit.rest - visit.duration - axis.base) // axis.unit + 1
            clear(cells, max(low, 0), axis.at_or_after(end + visit.rest))


def clear(cells: bytearray, low: int, high: int) -> None:
    """Take out the starts with an index in [low, high), which lies on the map."""
    if low < high:
        cells[low:high] = bytes(high - low)


def full_days(tz: str, busy: Iterable[Busy], max_per_day: int) -> list[int]:
    """Local dates (ordinals) that hold the day's limit of visits already."""
    counts: dict[int, int] = {}
    for start, _end, _before, _after, kind, *_ in busy:
        if kind in (VISIT, SESSION):
            day = local_ordinal(tz, start)
            counts[day] = counts.get(day, 0) + 1
    return [day for day, count in counts.items() if count >= max_per_day]


def clear_days(axis: Axis, cells: bytearray, tz: str, days: Sequence[int]) -> None:
    """Take out every start on those local dates."""
    for day in days:
        low, high = day_start(tz, day), day_start(tz, day + 1)
        clear(cells, axis.at_or_after(low), axis.at_or_after(high))


def either(maps: Iterable[bytes | bytearray], count: int) -> bytes:
    """Starts that at least one of the maps has."""
    union = 0
    for cells in maps:
        union |= int.from_bytes(cells, "little")
    return union.to_bytes(count, "little")


def both(one: bytes | bytearray, other: bytes | bytearray) -> bytearray:
    """Starts that both maps have."""
    shared = int.from_bytes(one, "little") & int.from_bytes(other, "little")
    return bytearray(shared.to_bytes(len(one), "little"))
