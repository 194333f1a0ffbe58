"""The availability floor: plain Python, one big-integer bitmap per specialist, ISO output.

Good for exactly one shape of work: one zone, the same hours Monday to Friday, 30-minute visits on
quarter hours. Bit i of a bitmap is the quarter hour base + i; zone offsets are looked up at window
edges only, the open hours are laid once for all specialists, taken time comes as quarter hours
since the epoch (as SQL would aggregate it).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

QUARTER_S = 900


def open_bitmap(
    tz: ZoneInfo, hours: Sequence[tuple[int, int]], first: date, days: int, base: int
) -> int:
    """Working quarter hours from `first` on, for `days` dates."""
    bitmap = 0
    for n in range(days):
        day = first + timedelta(days=n)
        if day.weekday() < 5:
            for start, end in hours:
                low, high = _quarter(tz, day, start) - base, _quarter(tz, day, end) - base
                bitmap |= ((1 << (high - low)) - 1) << low
    return bitmap


def _quarter(tz: ZoneInfo, day: date, hour: int) -> int:
    local = datetime(day.year, day.month, day.day, hour, tzinfo=tz)
    return int(local.timestamp()) // QUARTER_S


def free_starts(
    specialists: Iterable[Sequence[int]],
    tz: ZoneInfo,
    hours: Sequence[tuple[int, int]],
    first: date,
    days: int,
    *,
    hours_of_each: bool = False,
) -> list[str]:
    """ISO starts, in UTC, at which any of the specialists is free for two quarter hours.

    With `hours_of_each` the open hours are laid anew for every specialist, as they must be where
    hours differ.
    """
    base = _quarter(tz, first, 0)
    length = _quarter(tz, first + timedelta(days=days), 0) - base
    working = open_bitmap(tz, hours, first, days, base)
    union = 0
    for taken in specialists:
        if hours_of_each:
            working = open_bitmap(tz, hours, first, days, base)
        busy = 0
        for quarter in taken:
            place = quarter - base
            if 0 <= place < length:
                busy |= 3 << place
        free = working & ~busy
        union |= free & (free >> 1)
    return _iso(union, base)


def _iso(bitmap: int, base: int) -> list[str]:
    return [
        datetime.fromtimestamp((base + i) * QUARTER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for i, bit in enumerate(bin(bitmap)[:1:-1])
        if bit == "1"
    ]
