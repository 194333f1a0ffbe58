"""A slow availability that is right by inspection: it walks every minute.

It shares no code with the engine, except the plain values that both take. Working minutes are a
set; the wall clock is asked of `datetime` for each window end; a grid begins where working time
begins (and, for hours that never close, at each Monday after a week).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.scheduling.rules.availability import Asking, Specialist
from app.scheduling.rules.hours import Mode, Schedule
from app.scheduling.rules.offer import Count, Offer

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOOK_BACK = timedelta(days=17)


def free_starts(offer: Offer, who: Specialist, span: tuple[int, int], asking: Asking) -> list[int]:
    """What `availability(...).starts()` must give for one specialist with one layer of hours."""
    (schedule,) = who.hours
    tz = ZoneInfo(schedule.tz)
    first = _local(tz, span[0]).date() - LOOK_BACK
    last = _local(tz, span[1]).date() + timedelta(days=2)
    working = _working(schedule, tz, first, last)
    return [
        start
        for start in _grid(working, tz, offer.step_min, span)
        if _fits(offer, start, working)
        and not _taken(offer, who, start, asking)
        and _reachable(offer, tz, start, asking.now_s)
        and not _day_full(offer, who, tz, start)
    ]


def _local(tz: ZoneInfo, minute: int) -> datetime:
    return (EPOCH + timedelta(minutes=minute)).astimezone(tz)


def _instant(tz: ZoneInfo, day: date, minute: int) -> int:
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    moment = wall.replace(tzinfo=tz, fold=0)
    return int((moment.astimezone(UTC) - EPOCH) / timedelta(minutes=1))


def _working(schedule: Schedule, tz: ZoneInfo, first: date, last: date) -> set[int]:
    minutes: set[int] = set()
    day = first
    while day <= last:
        override = schedule.overrides.get(day)
        windows = list(schedule.weekly[day.weekday()]) if schedule.weekly else []
        if override and override.mode is Mode.REPLACE:
            midnights = _instant(tz, day, 0), _instant(tz, day + timedelta(days=1), 0)
            minutes -= set(range(*midnights))
            windows = []
        windows += override.windows if override else ()
        for start, end in windows:
            minutes |= set(range(_instant(tz, day, start), _instant(tz, day, end)))
        day += timedelta(days=1)
    return minutes


def _grid(working: set[int], tz: ZoneInfo, step: int, span: tuple[int, int]) -> list[int]:
    starts = []
    begun = origin = min(working, default=0)
    for minute in range(begun, span[1]):
        if minute not in working:
            continue
        if minute - 1 not in working:
            begun = origin = minute
        if minute - begun >= 7 * 1440 and _is_monday_midnight(tz, minute):
            origin = minute
        if minute >= span[0] and (minute - origin) % step == 0:
            starts.append(minute)
    return starts


def _is_monday_midnight(tz: ZoneInfo, minute: int) -> bool:
    local = _local(tz, minute)
    return local.weekday() == 0 and _instant(tz, local.date(), 0) == minute


def _fits(offer: Offer, start: int, working: set[int]) -> bool:
    first, end = start, start + offer.duration_min
    if offer.buffers_inside_hours:
        first, end = first - offer.buffer_before_min, end + offer.buffer_after_min
    return all(minute in working for minute in range(first, end))


def _taken(offer: Offer, who: Specialist, start: int, asking: Asking) -> bool:
    end = start + offer.duration_min
    held = [
        hold
        for hold in who.holds
        if (hold.expires_s is None or hold.expires_s > asking.now_s)
        and (asking.client is None or hold.owner != asking.client)
    ]
    for other in [*who.busy, *held]:
        if (
            start - offer.buffer_before_min < other.end + other.after
            and end + offer.buffer_after_min > other.start - other.before
        ):
            return True
        works = getattr(other, "kind", "hold") in {"visit", "hold"}
        rest = offer.cooldown_min
        if works and start < other.end + rest and end > other.start - rest:
            return True
    return False


def _reachable(offer: Offer, tz: ZoneInfo, start: int, now_s: int) -> bool:
    if start * 60 < now_s + offer.min_notice_min * 60:
        return False
    if offer.horizon is None:
        return True
    day = (EPOCH + timedelta(seconds=now_s)).astimezone(tz).date()
    left = offer.horizon.days
    while left:
        day += timedelta(days=1)
        if offer.horizon.count is Count.CALENDAR or day.weekday() < 5:
            left -= 1
    return _local(tz, start).date() <= day


def _day_full(offer: Offer, who: Specialist, tz: ZoneInfo, start: int) -> bool:
    if offer.max_per_day is None:
        return False
    day = _local(tz, start).date()
    visits = [busy for busy in who.busy if busy.kind == "visit"]
    return sum(_local(tz, busy.start).date() == day for busy in visits) >= offer.max_per_day
