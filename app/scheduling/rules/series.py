"""Series of visits, which keep their wall-clock time over a change of the clocks (BYD-03)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.scheduling.rules.walltime import Minute, instant, localised


def weekly(first: Minute, tz: str, count: int, every_weeks: int = 1) -> list[Minute]:
    """Starts of `count` visits at the same local time, the first included, a week or more apart.

    A local time that a change of the clocks skips moves forward for that visit only. A first visit
    in the second of two repeated hours keeps that instant; the others follow its wall clock.
    Raises ValueError unless both figures are at least one.
    """
    if count < 1 or every_weeks < 1:
        raise ValueError("a series needs at least one visit, at least a week apart")
    local = localised(tz, first)
    day, minute = local.toordinal(), local.hour * 60 + local.minute
    later = (instant(tz, day + 7 * every_weeks * n, minute) for n in range(1, count))
    return [first, *later]


def course(
    tz: str,
    first_day: int,
    pattern: Sequence[tuple[int, int]],
    count: int,
    skipped: Collection[int] = (),
) -> list[Minute]:
    """Starts of `count` visits on the days of the week of the pattern, from a local date (ordinal) on, in order.

    `pattern`: pairs of weekday (0 is Monday) and minute of the day on the wall clock. Dates in `skipped` hold none.
    Raises ValueError for an empty pattern or a count below one.
    """
    if not pattern or count < 1:
        raise ValueError("a course needs a day of the week and at least one visit")
    starts: list[Minute] = []
    day = first_day
    while len(starts) < count:
        if day not in skipped:
            weekday = (day - 1) % 7
            minutes = sorted(minute for other, minute in pattern if other == weekday)
            starts += [instant(tz, day, minute) for minute in minutes]
        day += 1
    return starts[:count]
