"""What a waiting-room screen says of who waits and who is called; pure (APT-04)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from app.lib.text import initials

# A call stays in sight that long, and a little after the visit has begun, for who was away.
CALL_SHOWN = dt.timedelta(minutes=15)
SHOWN_AFTER_START = dt.timedelta(minutes=3)
# Lateness is told in steps that do not change at every look.
LATE_STEP_MIN = 5


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody who has arrived today: when, for what time, called when and where. All instants are in UTC."""

    key: str
    name: str
    reference: str
    starts_at: dt.datetime
    called_at: dt.datetime | None
    started_at: dt.datetime | None
    room: str | None

    def late_min(self, now: dt.datetime) -> int:
        """How late their visit runs, in whole steps of five minutes."""
        minutes = int((now - self.starts_at).total_seconds()) // 60
        return max(0, minutes // LATE_STEP_MIN * LATE_STEP_MIN)

    def shown_as(self, shows: str) -> str:
        """What stands for them: initials, or a code where the clinic says so or the name has no letter."""
        code = shown_code(self.reference)
        return code if shows == "code" else initials(self.name) or code


def shown_code(reference: str) -> str:
    """The half of a visit's reference that a screen shows: `K7QX-4MPT` is `4MPT`."""
    return reference.rpartition("-")[2]


@dataclass(frozen=True, slots=True)
class Board:
    """Who is called, the last first; who waits, by the agreed time."""

    called: tuple[Arrived, ...]
    waiting: tuple[Arrived, ...]


def board(arrived: list[Arrived], now: dt.datetime) -> Board:
    """Sort who has arrived. A call that nobody followed for a while, and a visit well begun, leave the screen."""
    called = [one for one in arrived if _still_called(one, now)]
    called.sort(key=lambda one: one.called_at or now, reverse=True)
    waiting = [one for one in arrived if one.called_at is None and one.started_at is None]
    waiting.sort(key=lambda one: (one.starts_at, one.key))
    return Board(tuple(called), tuple(waiting))


def _still_called(one: Arrived, now: dt.datetime) -> bool:
    if one.called_at is None or now - one.called_at >= CALL_SHOWN:
        return False
    return one.started_at is None or now - one.started_at < SHOWN_AFTER_START
