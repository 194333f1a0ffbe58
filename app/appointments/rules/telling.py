"""What a patient is told when a visit changed, given what they were told before (NTF-02, BYD-05).

A change that staff took back within the grace was never told, so taking it back is no news either.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

CONFIRMED, MOVED, CANCELLED = "booking_confirmed", "booking_moved", "booking_cancelled"
# Cancelled this soon after it was booked, and nothing was said of it yet: nobody needs to know.
SLIP = dt.timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Told:
    """The last message about a visit that left, on one channel."""

    template: str
    starts_at: dt.datetime
    specialist_id: str
    # None where the channel does not speak of the end (a text message).
    ends_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the visit stands now."""

    starts_at: dt.datetime
    specialist_id: str
    booked_at: dt.datetime
    cancelled_at: dt.datetime | None
    ends_at: dt.datetime | None = None

    @property
    def cancelled(self) -> bool:
        return self.cancelled_at is not None


def news(standing: Standing, told: Told | None, now: dt.datetime) -> str | None:
    """The message that brings the patient up to date, or None where there is nothing new or it is too late."""
    if standing.starts_at <= now:
        return None
    if standing.cancelled_at is not None:
        return _of_cancellation(standing.booked_at, standing.cancelled_at, told)
    if told is None or told.template == CANCELLED:
        return CONFIRMED
    same_end = None in (told.ends_at, standing.ends_at) or told.ends_at == standing.ends_at
    same_start = told.starts_at == standing.starts_at
    if same_start and same_end and told.specialist_id == standing.specialist_id:
        return None
    return MOVED


def _of_cancellation(
    booked_at: dt.datetime, cancelled_at: dt.datetime, told: Told | None
) -> str | None:
    if told is not None:
        return None if told.template == CANCELLED else CANCELLED
    return None if cancelled_at - booked_at < SLIP else CANCELLED
