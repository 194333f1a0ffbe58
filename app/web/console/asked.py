"""What addresses and posts of the desk say: identifiers, versions, and a date with a time on the clinic's clock."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from app.lib.errors import Conflict, Invalid, NotFound
from app.web.http import context

# What a calendar can show; far outside of it the arithmetic of zones itself overflows.
EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2100, 1, 1)


def identifier(values: Mapping[str, str], name: str, *, required: bool = False) -> uuid.UUID | None:
    """An identifier, or None where it is left empty. Raises NotFound for what is none."""
    text = values.get(name, "")
    found = read_identifier(text)
    if found is None and (text or required):
        raise NotFound
    return found


def read_identifier(text: str) -> uuid.UUID | None:
    """An identifier; None for anything else."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def version(values: Mapping[str, str]) -> int:
    """The version of a visit that the sender saw. Without one nothing is changed: Raises Conflict."""
    text = values.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise Conflict("appointment_changed")
    return int(text)


def date_of(text: str | None) -> dt.date | None:
    """A date that a calendar can show; None for anything else."""
    try:
        found = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if EARLIEST <= found <= LATEST else None


def moment_of(day: str, time: str) -> dt.datetime:
    """An instant from a date and a time of day as the desk types them. Raises Invalid."""
    try:
        return instant(dt.date.fromisoformat(day), dt.time.fromisoformat(time))
    except ValueError:
        raise Invalid.one("time", "time_invalid") from None


def instant(day: dt.date, time: dt.time) -> dt.datetime:
    """The instant of a wall-clock time. Raises Invalid for one that the clocks skip, or a date too far away."""
    if not EARLIEST <= day <= LATEST:
        raise Invalid.one("day", "date_impossible")
    zone = ZoneInfo(context.clinic().time_zone)
    wall = dt.datetime.combine(day, time.replace(second=0, microsecond=0, tzinfo=None), zone)
    found = wall.astimezone(dt.UTC)
    if found.astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise Invalid.one("time", "time_skipped")
    return found


def exact(text: str) -> dt.datetime:
    """An instant written with its offset, as in the address of an undo. Raises Invalid."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Invalid.one("starts_at", "time_invalid") from None
    if found.tzinfo is None or found.second or found.microsecond:
        raise Invalid.one("starts_at", "time_invalid")
    if not EARLIEST <= found.date() <= LATEST:
        raise Invalid.one("starts_at", "date_impossible")
    return found.astimezone(dt.UTC)


def local(at: dt.datetime) -> dt.datetime:
    """The instant on the clinic's clock."""
    return at.astimezone(ZoneInfo(context.clinic().time_zone))
