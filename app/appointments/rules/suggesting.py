"""Which free times to suggest to somebody who books the same again (BYD-03)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

NOON = 12


def suggested(
    starts: Sequence[dt.datetime], like: dt.datetime, zone: str, count: int
) -> list[dt.datetime]:
    """At most `count` of the free starts, in order: half of them at the weekday and hour of `like`, who has a habit
    keeps it; the others the first of each half day, so that they are a choice and not one quarter of an hour after
    another. All on the clock of `zone`.
    """
    habit = [one for one in starts if _habit(one, zone) == _habit(like, zone)][: count // 2]
    found = set(habit)
    half_days = {_half_day(one, zone) for one in habit}
    for one in starts:
        if len(found) >= count:
            break
        if _half_day(one, zone) not in half_days:
            half_days.add(_half_day(one, zone))
            found.add(one)
    return sorted(found)


def _habit(moment: dt.datetime, zone: str) -> tuple[int, int, int]:
    local = moment.astimezone(ZoneInfo(zone))
    return local.weekday(), local.hour, local.minute


def _half_day(moment: dt.datetime, zone: str) -> tuple[dt.date, bool]:
    local = moment.astimezone(ZoneInfo(zone))
    return local.date(), local.hour >= NOON
