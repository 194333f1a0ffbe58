"""The states of a visit as the desk says them: who is here and waits is told apart from who is expected."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from app.appointments.states import CANCELLED, OPEN, STATES

ARRIVED = "arrived"
SHOWN_STATES = (*(one for one in STATES if one != CANCELLED), ARRIVED)


class Received(Protocol):
    """A visit, with when its patient came to the desk."""

    @property
    def state(self) -> str: ...

    @property
    def checked_in_at(self) -> dt.datetime | None: ...


def waits(visit: Received) -> bool:
    """Whether the patient is here and the visit has not begun."""
    return visit.state in OPEN and visit.checked_in_at is not None


def state_at_desk(visit: Received) -> str:
    """The state as the desk sees it."""
    return ARRIVED if waits(visit) else visit.state
