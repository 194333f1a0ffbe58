"""What is offered: duration, step, buffers, notice, horizon, rest, limits, capacity (SCH-02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from app.scheduling.rules.walltime import Minute, day_start, from_seconds, local_ordinal


class Count(Enum):
    """How the days of a horizon are counted."""

    CALENDAR = "calendar"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True)
class Horizon:
    """How many days after today's local date a visit may still start.

    Business days are Monday to Friday; the weekend days before the last one are within reach.
    """

    days: int
    count: Count = Count.CALENDAR

    def __post_init__(self) -> None:
        if self.days < 0:
            raise ValueError("a horizon cannot be negative")

    def last_date(self, today: int) -> int:
        """The last local date (ordinal) within reach of today's."""
        if self.count is Count.CALENDAR:
            return min(today + self.days, date.max.toordinal() - 1)
        if self.days == 0:
            return today
        weekday = min((today - 1) % 7, 4)  # counting from a weekend begins at its Friday
        friday_or_today = today - (today - 1) % 7 + weekday
        weeks, rest = divmod(self.days, 5)
        over_weekend = 2 if weekday + rest > 4 else 0
        return min(friday_or_today + 7 * weeks + rest + over_weekend, date.max.toordinal() - 1)


@dataclass(frozen=True, slots=True)
class Offer:
    """The rules of one calendar of one service; every figure in minutes unless it says otherwise.

    `cooldown_min` is the rest between the end of one visit and the start of the next, whoever
    offers them; unlike buffers, which add up, it is a least distance. `capacity` above one makes a
    group class. `max_per_day` counts live visits by the local date of their start. Raises
    ValueError naming the figure that cannot be.
    """

    duration_min: int
    step_min: int
    buffer_before_min: int = 0
    buffer_after_min: int = 0
    buffers_inside_hours: bool = False
    min_notice_min: int = 0
    horizon: Horizon | None = None
    cooldown_min: int = 0
    max_per_day: int | None = None
    capacity: int = 1

    def __post_init__(self) -> None:
        for name in ("duration_min", "step_min", "capacity"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        for name in _NOT_NEGATIVE:
            if (getattr(self, name) or 0) < 0:
                raise ValueError(f"{name} must not be negative")

    @property
    def needs_rows(self) -> bool:
        """Whether its rules ask more of taken time than where it lies: what kind it is, where the visit ends."""
        return self.cooldown_min > 0 or self.max_per_day is not None or self.capacity > 1

    def earliest(self, now_s: int) -> Minute:
        """The first minute that respects the notice."""
        return from_seconds(now_s) + self.min_notice_min

    def too_late_from(self, tz: str, now_s: int) -> Minute | None:
        """The first minute beyond the horizon in that zone; None when there is no horizon."""
        if self.horizon is None:
            return None
        today = local_ordinal(tz, now_s // 60)
        return day_start(tz, self.horizon.last_date(today) + 1)


_NOT_NEGATIVE = (
    "buffer_before_min",
    "buffer_after_min",
    "min_notice_min",
    "cooldown_min",
    "max_per_day",
)
