"""Whose turn it is, and until when an offer stands."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.waiting.rules.deadline import SHORTEST, deadline
from app.waiting.rules.matching import (
    MOST_A_DAY,
    Freed,
    Waiting,
    in_order,
    may_be_asked,
    part_of,
    turns,
)

pytestmark = pytest.mark.proves("BYD-04", "SCH-08")
ZONE = "Europe/Bucharest"
JOINED = dt.datetime(2027, 3, 1, 8, 0, tzinfo=dt.UTC)
# Wednesday 3 March 2027, 12:00 in Bucharest.
NOON = dt.datetime(2027, 3, 3, 10, 0, tzinfo=dt.UTC)
ANA, BOB = "ana", "bob"
HOUR = dt.timedelta(hours=1)


def freed_at(start: dt.datetime, *who: str) -> Freed:
    return Freed(start, start + HOUR, who)


def one(id_: str, minutes: int = 0, **wish: object) -> Waiting:
    return replace(Waiting(id_, ZONE, JOINED + dt.timedelta(minutes=minutes)), **wish)


@pytest.mark.parametrize(
    ("wish", "suits"),
    [
        ({}, True),
        ({"specialist_id": ANA}, True),
        ({"specialist_id": BOB}, False),
        ({"weekdays": 0b0000100}, True),
        ({"weekdays": 0b1111011}, False),
        ({"parts": 0b010}, True),
        ({"parts": 0b101}, False),
        ({"first_day": dt.date(2027, 3, 3), "last_day": dt.date(2027, 3, 3)}, True),
        ({"first_day": dt.date(2027, 3, 4)}, False),
        ({"last_day": dt.date(2027, 3, 2)}, False),
    ],
)
def test_a_time_suits_or_not(wish: dict[str, object], suits: bool) -> None:
    assert one("x", **wish).suits(NOON, ANA) is suits


def test_days_and_parts_are_those_of_the_place() -> None:
    late = dt.datetime(2027, 3, 3, 22, 30, tzinfo=dt.UTC)  # 00:30 on Thursday in Bucharest.
    assert one("x", weekdays=0b0001000, parts=0b001).suits(late, ANA)
    assert [
        part_of(NOON.astimezone(ZoneInfo(ZONE)).replace(hour=h)) for h in (0, 11, 12, 16, 17)
    ] == [0, 0, 1, 1, 2]


def test_first_come_first_served_within_a_priority() -> None:
    assert [
        w.id for w in in_order([one("late", 9), one("early", 1), one("urgent", 20, priority=1)])
    ] == ["urgent", "early", "late"]


def test_each_in_turn_the_earliest_that_suits_and_nothing_twice() -> None:
    later = NOON + dt.timedelta(hours=6)
    freed = [freed_at(NOON, ANA), freed_at(later, ANA, BOB)]
    first, second = one("first", parts=0b100), one("second", 5)
    found = list(
        turns([second, first], freed, {"second": [(NOON + dt.timedelta(minutes=30), NOON + HOUR)]})
    )
    assert found == [
        ("first", later, ANA),
        ("first", later, BOB),
        ("second", later, ANA),
        ("second", later, BOB),
    ]


WISHES = st.builds(
    lambda n, weekdays, parts, priority, who: one(
        str(n), n, weekdays=weekdays, parts=parts, priority=priority, specialist_id=who
    ),
    st.integers(0, 50),
    st.integers(1, 127),
    st.integers(1, 7),
    st.integers(0, 2),
    st.sampled_from([None, ANA, BOB]),
)
FREED = st.lists(
    st.builds(
        lambda hours, who: freed_at(NOON + dt.timedelta(hours=hours), *who),
        st.integers(0, 200),
        st.sampled_from([(ANA,), (BOB,), (ANA, BOB)]),
    ),
    max_size=8,
)


@given(st.lists(WISHES, max_size=6, unique_by=lambda w: w.id), FREED)
def test_nobody_is_passed_over(waiting: list[Waiting], freed: list[Freed]) -> None:
    """Who gets nothing for a time that suits them was after somebody whom it suits too."""
    given_away: dict[tuple[dt.datetime, str], str] = {}
    served: dict[str, tuple[dt.datetime, str]] = {}
    for turn in turns(waiting, freed, {}):
        key = (turn.start, turn.specialist_id)
        if turn.waiting_id not in served and key not in given_away:
            served[turn.waiting_id] = key
            given_away[key] = turn.waiting_id
    order = [w.id for w in in_order(waiting)]
    for person in waiting:
        if person.id in served:
            assert person.suits(*served[person.id])
            continue
        for slot in freed:
            for who in slot.specialist_ids:
                if person.suits(slot.start, who):
                    assert order.index(given_away[slot.start, who]) < order.index(person.id)


def test_an_offer_stands_an_hour_by_day_and_never_into_the_notice() -> None:
    def until(now: dt.datetime, start: dt.datetime, notice: int = 120) -> dt.datetime | None:
        return deadline(now, start, notice_min=notice, window_min=60, time_zone=ZONE)

    tomorrow = NOON + dt.timedelta(days=1)
    assert until(NOON, tomorrow) == NOON + dt.timedelta(hours=1)
    assert until(NOON, NOON + dt.timedelta(minutes=150)) == NOON + dt.timedelta(minutes=30)
    assert until(NOON, NOON + dt.timedelta(minutes=129)) is None
    night = dt.datetime(2027, 3, 3, 21, 0, tzinfo=dt.UTC)
    assert until(night, tomorrow) is None
    assert until(night.replace(hour=6), tomorrow) is not None  # 08:00 there.


@given(st.integers(0, 60 * 48), st.integers(0, 600), st.integers(5, 600))
def test_whatever_the_settings_there_is_time_to_answer(
    ahead: int, notice: int, window: int
) -> None:
    start = NOON + dt.timedelta(minutes=ahead)
    ends = deadline(NOON, start, notice_min=notice, window_min=window, time_zone=ZONE)
    if ends is not None:
        assert NOON + SHORTEST <= ends <= start - dt.timedelta(minutes=notice)


@given(st.lists(st.integers(0, 72), max_size=9))
def test_nobody_is_asked_more_than_three_times_in_a_day(hours_ago: list[int]) -> None:
    asked = [NOON - HOUR * ago for ago in hours_ago]
    lately = [ago for ago in hours_ago if ago < 24]
    assert may_be_asked(asked, NOON) == (len(lately) < MOST_A_DAY)
