"""Nobody's phone rings at night: texts that can wait do wait until the morning of their reader (NTF-02)."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

EVENING = dt.time(21, 0)
MORNING = dt.time(8, 0)


def quiet_until(now: dt.datetime, zone: str) -> dt.datetime | None:
    """The end of the night on the reader's clock (21:00 to 08:00 in `zone`), in UTC; None by day.

    On the night of a clock change the morning is still 08:00 as the reader's clock shows it.
    """
    there = now.astimezone(ZoneInfo(zone))
    if MORNING <= there.time() < EVENING:
        return None
    date = there.date() + dt.timedelta(days=1 if there.time() >= EVENING else 0)
    return dt.datetime.combine(date, MORNING, ZoneInfo(zone)).astimezone(dt.UTC)
