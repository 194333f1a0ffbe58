"""Who gives a course: few people, the usual one first; its times on the wall clock."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.appointments.rules.course import same_specialist, usual_times
from app.scheduling.rules.series import course
from app.scheduling.rules.walltime import local_ordinal, localised, utc_texts

pytestmark = pytest.mark.proves("BYD-03")
ZONE = "Europe/Bucharest"
ANA, BOB, EVA = "ana", "bob", "eva"


@pytest.mark.parametrize(
    ("free", "usual", "given_to"),
    [
        ([[ANA, BOB], [ANA, BOB], [BOB]], None, [BOB, BOB, BOB]),
        ([[ANA, BOB], [ANA, BOB], [BOB]], ANA, [ANA, ANA, BOB]),
        ([[BOB], [BOB], [ANA, BOB]], ANA, [BOB, BOB, BOB]),
        ([[ANA], [], [ANA]], None, [ANA, None, ANA]),
        ([[ANA], [BOB]], EVA, [ANA, BOB]),
        ([], ANA, []),
    ],
)
def test_as_few_people_as_possible(
    free: list[list[str]], usual: str | None, given_to: list[str | None]
) -> None:
    assert same_specialist(free, usual) == given_to


PEOPLE = st.lists(st.lists(st.sampled_from([ANA, BOB, EVA]), unique=True), max_size=12)


@given(PEOPLE, st.sampled_from([None, ANA, "stranger"]))
def test_everybody_given_is_free_and_nobody_free_is_left_out(
    free: list[list[str]], usual: str | None
) -> None:
    for able, given_to in zip(free, same_specialist(free, usual), strict=True):
        assert given_to in able if able else given_to is None


@pytest.mark.proves("SCH-02")
def test_a_course_keeps_its_clock_over_the_change() -> None:
    friday = dt.date(2027, 3, 26).toordinal()
    starts = course(ZONE, friday, [(0, 540), (4, 540)], 4)
    assert utc_texts(starts) == [
        "2027-03-26T07:00:00Z",
        "2027-03-29T06:00:00Z",
        "2027-04-02T06:00:00Z",
        "2027-04-05T06:00:00Z",
    ]
    without = course(ZONE, friday, [(0, 540), (4, 540)], 3, {friday})
    assert without == starts[1:]
    for pattern, count in (([], 3), ([(0, 540)], 0)):
        with pytest.raises(ValueError, match="course"):
            course(ZONE, friday, pattern, count)


@given(
    st.integers(dt.date(2026, 1, 1).toordinal(), dt.date(2028, 1, 1).toordinal()),
    st.lists(st.tuples(st.integers(0, 6), st.integers(6 * 60, 20 * 60)), min_size=1, unique=True),
    st.integers(1, 40),
)
def test_every_visit_of_a_course_is_one_of_its_pattern(
    first: int, pattern: list[tuple[int, int]], count: int
) -> None:
    starts = course(ZONE, first, pattern, count)
    assert len(starts) == count
    assert starts == sorted(starts)
    for start in starts:
        local = localised(ZONE, start)
        assert (local.weekday(), local.hour * 60 + local.minute) in pattern
        assert local_ordinal(ZONE, start) >= first


def test_the_habit_of_a_course_is_its_most_frequent_time_of_each_day() -> None:
    starts = [
        dt.datetime(2027, 3, 1, 10, 0),
        dt.datetime(2027, 3, 4, 16, 30),
        dt.datetime(2027, 3, 8, 9, 0),
        dt.datetime(2027, 3, 15, 10, 0),
        dt.datetime(2027, 3, 18, 15, 0),
    ]
    # Of the two Thursdays none is more frequent: the earlier time counts.
    assert usual_times(starts) == {0: dt.time(10), 3: dt.time(15)}
    assert usual_times([]) == {}
