"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FrozenClock:
    """Stands at `moment` (aware; kept in UTC) and moves only by `advance`."""

    def __init__(self, moment: datetime | None = None) -> None:
        moment = moment or datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
        if moment.tzinfo is None:
            raise ValueError("the moment needs a time zone")
        self._moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """The instant at which the clock stands."""
        return self._moment

    def advance(self, **units: float) -> datetime:
        """Move on by the given `timedelta` units (seconds=, minutes=, days=), also backwards."""
        self._moment += timedelta(**units)
        return self._moment

    def set(self, moment: datetime) -> None:
        """Stand at another instant."""
        if moment.tzinfo is None:
            raise ValueError("the moment needs a time zone")
        self._moment = moment.astimezone(UTC)
