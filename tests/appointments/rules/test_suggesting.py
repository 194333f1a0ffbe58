"""Suggestions for who books the same again: a habit is kept, the rest is a choice."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.appointments.rules.suggesting import suggested

pytestmark = pytest.mark.proves("BYD-03")
ZONE = "Europe/Bucharest"
LIKE = dt.datetime(2027, 3, 2, 9, 0, tzinfo=dt.UTC)  # Tuesday, 11:00 in Bucharest.
QUARTER = dt.timedelta(minutes=15)


def at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2027, 3, day, hour, minute, tzinfo=ZoneInfo(ZONE)).astimezone(dt.UTC)


def test_the_same_weekday_and_hour_stand_among_the_first_of_each_half_day() -> None:
    free = [at(3, 9), at(3, 9, 15), at(3, 15), at(4, 9), at(9, 10, 45), at(9, 11), at(16, 11)]
    assert suggested(free, LIKE, ZONE, 4) == [at(3, 9), at(3, 15), at(9, 11), at(16, 11)]


def test_a_habit_outlives_the_change_of_the_clocks() -> None:
    after = at(30, 11)  # Summer time: 08:00 in UTC, not 09:00.
    assert suggested([at(30, 9), at(30, 12), after], LIKE, ZONE, 2) == [after, at(30, 12)]


@given(st.sets(st.integers(0, 96 * 21), max_size=300), st.integers(1, 8))
def test_suggestions_are_free_in_order_and_spread(quarters: set[int], count: int) -> None:
    free = [LIKE + QUARTER * one for one in sorted(quarters)]
    found = suggested(free, LIKE, ZONE, count)
    assert set(found) <= set(free)
    assert found == sorted(found)
    assert len(found) <= count
    assert bool(found) == bool(free)
    local = [one.astimezone(ZoneInfo(ZONE)) for one in found]
    assert len({(one.date(), one.hour >= 12) for one in local}) == len(found)
