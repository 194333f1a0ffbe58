"""A date on the clock on the wall: where moments lie in its columns, and which hours the clocks skip or repeat."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from flask_babel import gettext

from app.lib.intervals import Span
from app.scheduling.rules.walltime import WallClock, midnight_offset, wall_clock

DAY_MINUTES = 24 * 60
# What a date without hours and visits shows.
USUAL_DAY = (8 * 60, 18 * 60)
_QUARTER = 15


class Timed(Protocol):
    """Whatever has a start and an end."""

    @property
    def starts_at(self) -> dt.datetime: ...

    @property
    def ends_at(self) -> dt.datetime: ...


class Clock:
    """Minutes of a date on a clock. The columns of a week share their hours, so a date has 24 of them on every date."""

    def __init__(self, day: dt.date, time_zone: str) -> None:
        self.day = day
        self._tz = time_zone
        self.zone = ZoneInfo(time_zone)

    def minute(self, moment: dt.datetime) -> int:
        """Minutes since midnight as the clock on the wall shows them, held within the date."""
        local = moment.astimezone(self.zone)
        if local.date() < self.day:
            return 0
        return DAY_MINUTES if local.date() > self.day else local.hour * 60 + local.minute

    def span(self, one: Timed) -> Span:
        """From where to where it is drawn; as long as it lasts where the clocks went back meanwhile."""
        start, end = self.minute(one.starts_at), self.minute(one.ends_at)
        if start < end or one.ends_at <= one.starts_at:
            return start, end
        lasts = int((one.ends_at - one.starts_at).total_seconds() // 60)
        return start, min(start + lasts, DAY_MINUTES)

    def text(self, moment: dt.datetime) -> str:
        """The time of day; with the name of its clock in the hour that happens twice."""
        local = moment.astimezone(self.zone)
        text = f"{local.hour:02}:{local.minute:02}"
        if local.utcoffset() == local.replace(fold=1 - local.fold).utcoffset():
            return text
        return f"{text} {local.tzname()}"

    def changes(self) -> Iterator[tuple[Span, WallClock]]:
        """The hours of the date that the clocks skip or repeat; none on all but two dates a year."""
        ordinal = self.day.toordinal()
        if midnight_offset(self._tz, ordinal) == midnight_offset(self._tz, ordinal + 1):
            return
        for kind in (WallClock.MISSING, WallClock.REPEATED):
            found = [
                minute
                for minute in range(0, DAY_MINUTES, _QUARTER)
                if wall_clock(self._tz, ordinal, minute) is kind
            ]
            if found:
                yield (found[0], found[-1] + _QUARTER), kind


def text_of(minute: int) -> str:
    """A time of day: 570 is 09:30."""
    return f"{minute // 60:02}:{minute % 60:02}"


def hours_between(start: int, end: int) -> list[tuple[int, str]]:
    """The full hours and how they are written."""
    return [(hour, text_of(hour)) for hour in range(start, end, 60)]


def reach(open_spans: Iterable[Span], other: Iterable[Span]) -> tuple[int, int]:
    """Whole hours that show all open time and everything else; a usual day where nothing is open."""
    spans = list(open_spans) or [USUAL_DAY]
    spans += other
    first, last = min(start for start, _end in spans), max(end for _start, end in spans)
    return first // 60 * 60, min(DAY_MINUTES, -(-max(last, first + 60) // 60) * 60)


def change_blocks(clock: Clock) -> list[dict[str, Any]]:
    """What a column says of the hour that a clock change takes or gives."""
    words = {
        WallClock.MISSING: gettext("The clocks skip this hour"),
        WallClock.REPEATED: gettext("This hour happens twice"),
    }
    return [
        {"start": start, "minutes": end - start, "kind": "clock", "label": words[kind]}
        for (start, end), kind in clock.changes()
    ]
