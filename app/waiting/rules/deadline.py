"""Until when an offer stands."""

from __future__ import annotations

import datetime as dt

from app.messaging.rules.quiet_hours import quiet_until

# Less than this is no offer: nobody can answer it.
SHORTEST = dt.timedelta(minutes=10)


def deadline(
    now: dt.datetime, start: dt.datetime, *, notice_min: int, window_min: int, time_zone: str
) -> dt.datetime | None:
    """When an offer made now runs out; None when none can be made now.

    Nobody is woken for it: during the night on the reader's clock nothing is offered. It never reaches past the last
    moment at which the time may be booked, `notice_min` minutes before its start.
    """
    if quiet_until(now, time_zone) is not None:
        return None
    ends = min(now + dt.timedelta(minutes=window_min), start - dt.timedelta(minutes=notice_min))
    return ends if ends - now >= SHORTEST else None


def askable(
    now: dt.datetime, start: dt.datetime, *, notice_min: int, window_min: int, time_zone: str
) -> list[dt.datetime]:
    """When each would have to answer if nobody ever did: how many can be asked in turn before the start."""
    found: list[dt.datetime] = []
    asked_at = now
    while True:
        until = deadline(
            asked_at, start, notice_min=notice_min, window_min=window_min, time_zone=time_zone
        )
        if until is None:
            return found
        found.append(until)
        asked_at = until
