"""Time as an argument: whoever decides by time receives a clock instead of asking the system."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the present instant."""

    def now(self) -> datetime:
        """The present instant, time-zone-aware, in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The present instant, time-zone-aware, in UTC."""
        return datetime.now(UTC)
