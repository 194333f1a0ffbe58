"""Which free times the desk suggests (BOK-04)."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.appointments.rules.desk_times import (
    EARLIEST,
    SAME_TIME,
    USUAL,
    Free,
    Habit,
    Suggestion,
    suggestions,
)

pytestmark = pytest.mark.proves("BOK-04", "BYD-03")
ZONE = "Europe/Bucharest"
ANA, DAN = uuid.uuid4(), uuid.uuid4()
MONDAY = dt.datetime(2027, 3, 22, 8, 0, tzinfo=dt.UTC)  # 10:00 in winter time.


def hours(*offsets: int, who: tuple[uuid.UUID, ...] = (ANA, DAN)) -> list[Free]:
    return [Free(MONDAY + dt.timedelta(hours=one), who) for one in offsets]


def test_without_habits_only_the_first() -> None:
    assert suggestions(hours(1, 2), Habit(), ZONE) == [
        Suggestion(MONDAY + dt.timedelta(hours=1), ANA, (EARLIEST,))
    ]
    assert suggestions([], Habit(ANA, MONDAY), ZONE) == []


def test_the_first_with_whom_they_know() -> None:
    free = [*hours(1, who=(ANA,)), *hours(5)]
    found = suggestions(free, Habit(DAN), ZONE)
    assert [(one.specialist_id, one.reasons) for one in found] == [
        (ANA, (EARLIEST,)),
        (DAN, (USUAL,)),
    ]


def test_the_hour_of_the_last_visit_is_kept_on_the_wall_over_the_change_of_clocks() -> None:
    a_week_later = 7 * 24
    free = hours(a_week_later - 1, a_week_later, who=(ANA,))
    found = suggestions(free, Habit(None, MONDAY), ZONE)
    # Clocks went forward on 28 March: ten o'clock is an hour earlier in UTC.
    assert found == [
        Suggestion(MONDAY + dt.timedelta(hours=a_week_later - 1), ANA, (EARLIEST, SAME_TIME))
    ]


@given(
    st.lists(st.integers(0, 800), unique=True).map(sorted),
    st.lists(st.sampled_from(((ANA,), (DAN,), (ANA, DAN))), min_size=1),
    st.sampled_from((None, ANA, DAN)),
    st.none() | st.integers(-800, -1),
)
def test_whatever_is_suggested_is_free_and_said_once(
    starts: list[int],
    crews: list[tuple[uuid.UUID, ...]],
    usual: uuid.UUID | None,
    last: int | None,
) -> None:
    free = [
        Free(MONDAY + dt.timedelta(hours=one), crews[number % len(crews)])
        for number, one in enumerate(starts)
    ]
    at = None if last is None else MONDAY + dt.timedelta(hours=last)
    found = suggestions(free, Habit(usual, at), ZONE)
    able = {(one.starts_at, who) for one in free for who in one.specialist_ids}
    said = [(one.starts_at, one.specialist_id) for one in found]
    assert set(said) <= able
    assert said == sorted(set(said))
    assert bool(found) == bool(free)
    assert len(found) <= 3
    if free:
        assert found[0].starts_at == free[0].starts_at
