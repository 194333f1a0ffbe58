"""On whose clock times are shown: the place's for a visit in person, the reader's for a video visit (SCH-02).

The browser's zone comes from a cookie that static/js/time-zone.js sets; `?zone=` asks for one. Without either, the
clinic's clock is the only one.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import request

from app.scheduling.rules.walltime import UnknownZone, zone

COOKIE = "zone"
LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clock that a page is laid out on, and the other one where it shows another time."""

    main: str
    other: str | None

    def local(self, moment: dt.datetime) -> dt.datetime:
        """The moment on the main clock."""
        return moment.astimezone(ZoneInfo(self.main))

    def differ(self, moment: dt.datetime) -> bool:
        """Whether the two clocks show different times then."""
        if self.other is None:
            return False
        there = moment.astimezone(ZoneInfo(self.other))
        return there.utcoffset() != self.local(moment).utcoffset()


def clocks(place: str, *, video: bool, asked: str | None = None) -> Clocks:
    """The clocks for a reader of this request; `asked` puts one of the two first."""
    reader = reader_zone() or place
    main, other = (reader, place) if video else (place, reader)
    wanted = known(asked)
    if wanted is not None and wanted != main:
        main, other = wanted, place if wanted != place else reader
    return Clocks(main, other if other != main else None)


def reader_zone() -> str | None:
    """The zone that this browser said it is in."""
    return known(request.cookies.get(COOKIE))


def known(name: str | None) -> str | None:
    """The name when it is a zone of the IANA database."""
    if not name or len(name) > LONGEST_NAME:
        return None
    try:
        zone(name)
    except UnknownZone:
        return None
    return name
