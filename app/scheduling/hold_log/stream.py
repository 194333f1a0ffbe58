"""The stream in Redis into which holding and freeing note what they did, in the same round trip (SCH-09).

What a hold is noted under is the beginning of its token's SHA-1: enough to follow it, no key to it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redis import Redis

from app.kernel.redis import best_effort

STREAM = "holds:log"
# Were the worker away for days: the oldest go, before they fill the memory of everything else.
LONGEST = 200_000
MADE, EXTENDED, REPLACED, RELEASED = "made", "extended", "replaced", "released"
EXPIRED, BOOKED, REFUSED = "expired", "booked", "refused"

# Lua that both scripts begin with. ARGV[i]: stream ('' notes nothing), its length, clinic, channel, calendar, start.
NOTE = """
local function note(i, what, whose, now, expiry)
  if ARGV[i] == '' then return end
  redis.call('XADD', ARGV[i], 'MAXLEN', '~', ARGV[i + 1], '*', 'o', ARGV[i + 2], 'w', what, 't', now,
    'h', whose == '' and '' or string.sub(redis.sha1hex(whose), 1, 20),
    'c', ARGV[i + 3], 'k', ARGV[i + 4], 's', ARGV[i + 5], 'e', expiry)
end
"""
SILENT: tuple[str | int, ...] = ("", 0, "", "", "", "")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a time was wanted for."""

    channel: str
    calendar_id: uuid.UUID
    starts_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the stream, read back."""

    source: str
    org_id: uuid.UUID
    what: str
    at: dt.datetime
    hold: str | None
    channel: str | None
    calendar_id: uuid.UUID | None
    starts_at: dt.datetime | None
    expires_at: dt.datetime | None


def arguments(org_id: uuid.UUID, asked: Asked | None) -> tuple[str | int, ...]:
    """What NOTE takes; without `asked` only that the hold ended is noted."""
    if asked is None:
        return (STREAM, LONGEST, str(org_id), "", "", "")
    start = int(asked.starts_at.timestamp() * 1000)
    return (STREAM, LONGEST, str(org_id), asked.channel, str(asked.calendar_id), start)


def note_refused(redis: Redis, org_id: uuid.UUID, asked: Asked, now: dt.datetime) -> None:
    """Somebody chose a time that another had by then."""
    stream, longest, clinic, channel, calendar, start = arguments(org_id, asked)
    fields: dict[Any, Any] = {
        "o": clinic,
        "w": REFUSED,
        "t": int(now.timestamp() * 1000),
        "c": channel,
        "k": calendar,
        "s": start,
    }
    best_effort(
        "hold_log",
        lambda: redis.xadd(str(stream), fields, maxlen=int(longest), approximate=True),
        None,
    )


def parse(source: str, fields: Mapping[str, str]) -> Entry:
    """An entry as it was noted. Raises KeyError, ValueError for what is none."""
    calendar = fields.get("k")
    return Entry(
        source,
        uuid.UUID(fields["o"]),
        fields["w"],
        _instant(fields["t"]),
        fields.get("h") or None,
        fields.get("c") or None,
        uuid.UUID(calendar) if calendar else None,
        _instant(fields["s"]) if fields.get("s") else None,
        _instant(fields["e"]) if fields.get("e") else None,
    )


def _instant(milliseconds: str) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(milliseconds) / 1000, dt.UTC)
