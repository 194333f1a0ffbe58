"""A week of windows: what is typed, how it is stored, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scheduling.rules.hours import Schedule, Window, working_runs
from app.scheduling.rules.weeks import (
    DAYS,
    LONGEST_OVERNIGHT,
    clock_minutes,
    clock_text,
    day_faults,
    stored_readings,
    stored_week,
    week_faults,
    week_layout,
)

pytestmark = pytest.mark.proves("SCH-01")
DAY = 1440


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("9", 540),
        ("09:00", 540),
        ("9.30", 570),
        ("0930", 570),
        ("930", 570),
        (" 24:00 ", DAY),
        ("0", 0),
        ("24:01", None),
        ("25", None),
        ("9:60", None),
        ("9:5", None),
        ("-1:00", None),
        ("٩:٠٠", None),
        ("", None),
        ("nine", None),
    ],
)
def test_times_as_people_type_them(typed: str, minutes: int | None) -> None:
    assert clock_minutes(typed) == minutes


@given(st.integers(0, DAY))
def test_a_clock_reading_is_read_back(minute: int) -> None:
    assert clock_minutes(clock_text(minute)) == minute


windows = st.tuples(st.integers(0, DAY - 1), st.integers(0, DAY)).filter(
    lambda one: one[0] != one[1]
)
weeks = st.lists(st.lists(windows, max_size=3), min_size=7, max_size=7)


@given(weeks)
def test_a_week_is_stored_and_read_back(week: list[list[tuple[int, int]]]) -> None:
    assert stored_readings(week_layout(week)) == [sorted(day) for day in week]


def test_nothing_stored_says_nothing_and_closed_days_are_left_out() -> None:
    assert stored_week(None) is None
    assert stored_week({"weekly": {}}) == ((),) * 7
    assert stored_week({"weekly": {"sun": [["23:00", "01:00"]]}})[6] == (Window(1380, 1500),)  # type: ignore[index]


@pytest.mark.parametrize("layout", [{"weekly": {"luni": []}}, {"weekly": {"mon": [["9h", "10"]]}}])
def test_a_layout_that_cannot_be_is_not_guessed(layout: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a"):
        stored_week(layout)


def week_of(**days: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    return [days.get(name, []) for name in DAYS]


@pytest.mark.parametrize(
    ("week", "codes"),
    [
        (week_of(mon=[(540, 780), (780, 1080)]), []),
        (week_of(mon=[(540, 800), (780, 1080)]), ["windows_overlap"]),
        (week_of(mon=[(540, 1080), (600, 660)]), ["windows_overlap"]),
        (week_of(mon=[(540, 540)]), ["window_empty"]),
        (week_of(mon=[(1020, 540)]), ["window_inverted"]),
        (week_of(mon=[(1380, 60)]), []),
        (week_of(mon=[(1380, 60)], tue=[(30, 540)]), ["windows_overlap"]),
        (week_of(mon=[(1380, 60)], tue=[(60, 540)]), []),
        (week_of(sun=[(1380, 60)], mon=[(30, 540)]), ["windows_overlap"]),
        (week_of(mon=[(0, DAY)], tue=[(0, DAY)]), []),
        (week_of(fri=[(1500, 60)]), ["window_malformed"]),
        (week_of(wed=[(1440, 60)]), ["window_malformed"]),
    ],
)
def test_what_is_wrong_with_a_week(week: list[list[tuple[int, int]]], codes: list[str]) -> None:
    assert [one.code for one in week_faults(week)] == codes


def test_an_overlap_names_both_windows() -> None:
    fault = week_faults(week_of(mon=[(1380, 60)], tue=[(30, 540)]))[0]
    assert (fault.weekday, fault.window) == (1, (30, 540))
    assert (fault.other_weekday, fault.other) == (0, (1380, 60))


def test_one_date_does_not_meet_itself_around_midnight() -> None:
    assert day_faults([(1380, 60), (30, 540)]) == []
    assert [one.code for one in day_faults([(540, 700), (600, 780)])] == ["windows_overlap"]


@given(weeks)
def test_a_week_without_faults_keeps_every_minute(week: list[list[tuple[int, int]]]) -> None:
    """Accepted windows never run into each other, so the engine's working time is their sum."""
    if week_faults(week):
        return
    stored = stored_week(week_layout(week))
    monday = 20_003 * DAY  # 2024-10-07, a Monday, far from a change of the clocks in UTC.
    runs = working_runs((Schedule("UTC", stored),), monday, monday + 7 * DAY)
    inside = sum(min(run.end, monday + 7 * DAY) - max(run.start, monday) for run in runs)
    written = sum(Window.of(*one).end - one[0] for day in week for one in day)
    assert inside == written
    assert all(Window.of(*one).end - DAY <= LONGEST_OVERNIGHT for day in week for one in day)
