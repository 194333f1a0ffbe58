"""Maps of possible starts: one byte for each point of a common grid, 1 where a visit may start.

All constraints act on such a map, so one pass answers for every start at once; maps combine as big
integers. The unit is the largest step that meets every start, and busy time is compared in exact
minutes, so nothing is rounded.
"""

from __future__ import annotations

from bisect import bisect, bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress, repeat
from math import gcd
from operator import sub
from typing import NamedTuple, TypeAlias

from app.lib.intervals import Span
from app.scheduling.rules.hours import Run
from app.scheduling.rules.occupancy import HOLD, SESSION, VISIT, Busy, Footprints
from app.scheduling.rules.offer import Offer
from app.scheduling.rules.walltime import Minute, day_start, local_ordinal

_Row: TypeAlias = tuple[int, int, int, int, str, str]  # a Busy, or a database row like one
RESTING = frozenset({VISIT, HOLD, SESSION})
COUNTED = frozenset({VISIT, SESSION})


class Axis(NamedTuple):
    """The grid's points: base, base + unit, ... (size of them), in minutes."""

    base: Minute
    unit: int
    size: int

    @classmethod
    def meeting(cls, points: Iterable[Minute], step: int, end: Minute) -> Axis:
        """The coarsest axis up to `end` that meets every point and every step from it."""
        known = set(points)
        base = min(known, default=end)
        unit = gcd(step, *(point - base for point in known))
        return cls(base, unit, max(0, -((base - end) // unit)))

    def minutes(self) -> range:
        """Every point of the axis."""
        return range(self.base, self.base + self.unit * self.size, self.unit)

    def place(self, minute: Minute) -> int | None:
        """The point at that minute, or None where there is none."""
        found, rest = divmod(minute - self.base, self.unit)
        return None if rest or not 0 <= found < self.size else found

    def at_or_after(self, minute: Minute) -> int:
        """Index of the first point not before the minute, kept on the axis."""
        return min(max(-((self.base - minute) // self.unit), 0), self.size)

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


def stretches(runs: Iterable[Run], visit: Visit, offer: Offer, span: Span) -> list[range]:
    """The starts that the grids of the runs offer in the span.

    A grid is origin + k x step; neither buffers nor busy time nor the span shift it.
    """
    begin, end = span
    found: list[range] = []
    for run in runs:
        first, last = bounds(visit, run, buffers_inside=offer.buffers_inside_hours)
        if first < begin:
            first = begin
        stop = last + 1 if last < end else end
        if first >= stop:
            continue
        if len(run.origins) == 1 and run.start == first:  # nearly always
            found.append(range(first, stop, offer.step_min))
        else:
            found += _laid(run.origins, first, stop, offer.step_min)
    return found


def _laid(origins: tuple[Minute, ...], first: Minute, stop: Minute, step: int) -> list[range]:
    """Each origin's grid up to the next origin, cut to [first, stop)."""
    limits = (*origins[1:], stop)
    grids = (
        range(origin + max(0, -((origin - first) // step)) * step, min(limit, stop), step)
        for origin, limit in zip(origins, limits, strict=True)
    )
    return [starts for starts in grids if starts]


def marked(axis: Axis, starts: Iterable[range]) -> bytearray:
    """A map with every one of those starts, all of them on the axis."""
    cells = bytearray(axis.size)
    for some in starts:
        count, stride = len(some), some.step // axis.unit
        low = (some.start - axis.base) // axis.unit
        cells[low : low + (count - 1) * stride + 1 : stride] = b"\x01" * count
    return cells


def block(axis: Axis, cells: bytearray, visit: Visit, busy: Iterable[_Row]) -> None:
    """Take out every start whose footprint would meet a busy footprint, or break the rest."""
    base, unit, size = axis
    if visit.rest:
        busy = _with_rest(visit, busy)
    lead, tail = visit.duration + visit.after + base, visit.before - base
    for start, end, before, after, _kind, _ref in busy:
        low = (start - before - lead) // unit + 1
        if low >= size:
            continue
        high = -((-end - after - tail) // unit)
        if high <= 0:
            continue
        if low < 0:
            low = 0
        if high > size:
            high = size
        if low < high:
            cells[low:high] = bytes(high - low)


def block_footprints(axis: Axis, cells: bytearray, visit: Visit, taken: Footprints) -> None:
    """What `block` does, for footprints."""
    base, unit, size = axis
    lead, tail = visit.duration + visit.after + base, visit.before - base
    first = bisect_left(taken.starts, base - visit.before - taken.longest)
    last = bisect_left(taken.starts, lead + (size - 1) * unit, first)
    if first == last:
        return
    lows = [(start - lead) // unit + 1 for start in taken.starts[first:last]]
    highs = [-((-end - tail) // unit) for end in taken.ends[first:last]]
    pad = max(0, -lows[0])
    marks = 0
    for width, places in _by_width(lows, highs).items():
        if width > 0:  # A footprint between two points of a coarse grid is in nobody's way.
            marks |= _widened(_marked_at(places, pad, pad + size), width)
    free = int.from_bytes(cells, "little") & ~(marks >> 8 * pad)
    cells[:] = free.to_bytes(size, "little")


def _by_width(lows: list[int], highs: list[int]) -> Mapping[int, list[int]]:
    """The places at which a block of that many points begins; nearly always all are alike."""
    widths = list(map(sub, highs, lows))
    if widths.count(widths[0]) == len(widths):
        return {widths[0]: lows}
    grouped: dict[int, list[int]] = defaultdict(list)
    for low, width in zip(lows, widths, strict=True):
        grouped[width].append(low)
    return grouped


def _marked_at(places: Iterable[int], pad: int, size: int) -> int:
    marks = bytearray(size)
    deque(map(marks.__setitem__, map(pad.__add__, places), repeat(1)), maxlen=0)
    return int.from_bytes(marks, "little")


def _widened(marks: int, width: int) -> int:
    """Every mark repeated on the places after it, `width` of them together."""
    have = 1
    while have < width:
        more = min(have, width - have)
        marks |= marks << 8 * more
        have += more
    return marks


def _with_rest(visit: Visit, busy: Iterable[_Row]) -> Iterator[_Row]:
    """Visits with own buffers widened to the rest that exceeds the asking visit's buffers."""
    ahead, behind = visit.rest - visit.after, visit.rest - visit.before
    for row in busy:
        start, end, before, after, kind, ref = row
        if kind in RESTING and (before < ahead or after < behind):
            yield start, end, max(before, ahead), max(after, behind), kind, ref
        else:
            yield row


def clear(cells: bytearray, low: int, high: int) -> None:
    """Take out the starts with an index in [low, high), which lies on the map."""
    if low < high:
        cells[low:high] = bytes(high - low)


def full_days(tz: str, busy: Iterable[Busy], max_per_day: int, span: Span) -> list[int]:
    """Local dates (ordinals) meeting the span that hold the day's limit of visits already."""
    first, last = local_ordinal(tz, span[0]), local_ordinal(tz, span[1])
    midnights = [day_start(tz, day) for day in range(first, last + 2)]
    counts = Counter(bisect(midnights, row[0]) for row in busy if row[4] in COUNTED)
    days = len(midnights) - 1  # place 0 lies before the first date, the last one after the last
    return [
        first + place - 1
        for place, count in counts.items()
        if count >= max_per_day and 1 <= place <= days
    ]


def clear_days(axis: Axis, cells: bytearray, tz: str, days: Sequence[int]) -> None:
    """Take out every start on those local dates."""
    for day in days:
        low, high = day_start(tz, day), day_start(tz, day + 1)
        clear(cells, axis.at_or_after(low), axis.at_or_after(high))


def either(maps: Iterable[bytes | bytearray], size: int) -> bytes:
    """Starts that at least one of the maps has."""
    union = 0
    for cells in maps:
        union |= int.from_bytes(cells, "little")
    return union.to_bytes(size, "little")


def both(one: bytes | bytearray, other: bytes | bytearray) -> bytearray:
    """Starts that both maps have."""
    shared = int.from_bytes(one, "little") & int.from_bytes(other, "little")
    return bytearray(shared.to_bytes(len(one), "little"))
