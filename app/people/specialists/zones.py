"""Names of time zones that a person may choose: those of the IANA database, without its aliases for machines."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

_REGIONS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


@cache
def zone_names() -> tuple[str, ...]:
    """All zones of places, and UTC, by name. Read from the system once a process: it takes some ten milliseconds."""
    places = (name for name in available_timezones() if name.startswith(_REGIONS))
    return (*sorted(places), "UTC")


def is_zone(name: str) -> bool:
    """Whether people may live by that zone."""
    return name in zone_names()
