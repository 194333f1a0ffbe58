"""Wall clock and instants.

An instant is a whole number of minutes since 1970-01-01T00:00Z; a local date is its ordinal
(`date.toordinal`). A wall-clock time that does not exist moves forward by the gap; a repeated one
is its first occurrence (RFC 5545, 3.3.5, and the `fold=0` rule of PEP 495).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Minute: TypeAlias = int
DAY = 1440
WEEK = 7 * DAY
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK = [f"T{minute // 60:02d}:{minute % 60:02d}:00Z" for minute in range(DAY)]


class UnknownZone(ValueError):
    """The name is not an IANA time zone."""


class WallClock(Enum):
    """How often a wall-clock time occurs on its date."""

    ONCE = "once"
    MISSING = "missing"
    REPEATED = "repeated"


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name. Raises UnknownZone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(f"no such time zone: {name!r}") from error


@lru_cache(maxsize=1 << 15)
def midnight_offset(tz: str, ordinal: int) -> int:
    """Minutes east of UTC in force at the local midnight that begins the date."""
    return _offset(datetime.combine(date.fromordinal(ordinal), time(), zone(tz)))


def _offset(local: datetime) -> int:
    return int((local.utcoffset() or timedelta()).total_seconds() // 60)


def instant(tz: str, ordinal: int, minute: int) -> Minute:
    """The instant of a wall-clock minute (0 to 2880) counted from the date's midnight."""
    days, minute = divmod(minute, DAY)
    ordinal += days
    offset = midnight_offset(tz, ordinal)
    if minute and offset != midnight_offset(tz, ordinal + 1):
        clock = time(minute // 60, minute % 60)
        offset = _offset(datetime.combine(date.fromordinal(ordinal), clock, zone(tz)))
    return (ordinal - _EPOCH_ORDINAL) * DAY + minute - offset


def steady_midnight(tz: str, ordinal: int) -> Minute | None:
    """The instant the date begins if its wall clock runs evenly to the next, otherwise None."""
    offset = midnight_offset(tz, ordinal)
    if offset != midnight_offset(tz, ordinal + 1):
        return None
    return (ordinal - _EPOCH_ORDINAL) * DAY - offset


def wall_clock(tz: str, ordinal: int, minute: int) -> WallClock:
    """Whether that wall-clock minute (0 to 1439) is skipped, repeated or normal on the date."""
    local = datetime.combine(date.fromordinal(ordinal), time(minute // 60, minute % 60), zone(tz))
    first, second = _offset(local), _offset(local.replace(fold=1))
    if first == second:
        return WallClock.ONCE
    return WallClock.MISSING if first < second else WallClock.REPEATED


def day_start(tz: str, ordinal: int) -> Minute:
    """The instant at which the local date begins."""
    return instant(tz, ordinal, 0)


def localised(tz: str, minute: Minute) -> datetime:
    """The instant on the zone's wall clock."""
    return (_EPOCH + timedelta(minutes=minute)).astimezone(zone(tz))


def local_ordinal(tz: str, minute: Minute) -> int:
    """The local date, as an ordinal, on which the instant falls."""
    utc = minute // DAY + _EPOCH_ORDINAL
    offset = midnight_offset(tz, utc - 1)
    if offset == midnight_offset(tz, utc + 2):  # no change of offset anywhere near
        return (minute + offset) // DAY + _EPOCH_ORDINAL
    return localised(tz, minute).toordinal()


def from_seconds(seconds: int) -> Minute:
    """The first whole minute not before the instant given in epoch seconds."""
    return -(-seconds // 60)


def from_datetime(moment: datetime) -> Minute:
    """The first whole minute not before an aware moment. Raises ValueError if it is naive."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its zone")
    gap = moment - _EPOCH
    return -((-gap) // timedelta(minutes=1))


def to_datetime(minute: Minute) -> datetime:
    """The instant as an aware UTC datetime."""
    return _EPOCH + timedelta(minutes=minute)


def utc_texts(minutes: list[Minute]) -> list[str]:
    """ISO 8601 in UTC with a final Z, as in `2027-03-28T06:00:00Z`; made for long lists."""
    dates = {
        day: date.fromordinal(day + _EPOCH_ORDINAL).isoformat()
        for day in {minute // DAY for minute in minutes}
    }
    return [dates[minute // DAY] + _CLOCK[minute % DAY] for minute in minutes]
