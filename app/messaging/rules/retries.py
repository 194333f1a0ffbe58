"""How often, and after how long, a message is tried again when its provider falters (NTF-02)."""

from __future__ import annotations

import datetime as dt

MAX_ATTEMPTS = 7
LONGEST = dt.timedelta(hours=1)


def next_attempt(attempts: int, now: dt.datetime, asked: float | None = None) -> dt.datetime | None:
    """When to try again after `attempts` failures: 15 s, 1 min, 4 min, 16 min, then hourly; None to give up.

    `asked` are the seconds that the provider asked for; they count where they are longer.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    wait = min(dt.timedelta(seconds=15 * 4 ** (attempts - 1)), LONGEST)
    return now + max(wait, dt.timedelta(seconds=asked or 0))
