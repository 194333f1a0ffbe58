"""Dates that are not like others: clock changes, visits over midnight, a day on which only one class meets."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.queries.agenda import Span
from app.kernel.tenancy.scope import Scope, scoped
from app.scheduling.actions import set_override
from app.scheduling.rules.walltime import WallClock
from app.web.console.calendar_clock import Clock, reach
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import book_for, english, room_of
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import SignIn

ZONE = "Europe/Bucharest"
DESK = "/movimento/console"
FORWARD, BACK = dt.date(2027, 3, 28), dt.date(2027, 10, 31)
DAY = dt.date(2027, 3, 3)


def _at(day: dt.date, hour: int, minute: int = 0, fold: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute, fold=fold), ZoneInfo(ZONE)).astimezone(
        dt.UTC
    )


@pytest.mark.proves("SCH-02", "SCH-06")
def test_the_hour_that_is_skipped_and_the_one_that_comes_twice_are_named() -> None:
    assert list(Clock(FORWARD, ZONE).changes()) == [((180, 240), WallClock.MISSING)]
    assert list(Clock(BACK, ZONE).changes()) == [((180, 240), WallClock.REPEATED)]
    assert list(Clock(DAY, ZONE).changes()) == []
    assert list(Clock(dt.date(2027, 4, 4), "Australia/Lord_Howe").changes()) == [
        ((90, 120), WallClock.REPEATED)
    ]


@pytest.mark.proves("SCH-02", "SCH-06")
def test_what_lasts_through_a_change_is_drawn_where_the_clock_shows_it() -> None:
    forward, back = Clock(FORWARD, ZONE), Clock(BACK, ZONE)
    # Half past two and an hour more is half past four; at half past three and an hour more it is half past three.
    assert forward.span(Span(_at(FORWARD, 2, 30), _at(FORWARD, 4, 30))) == (150, 270)
    assert back.span(Span(_at(BACK, 3, 30), _at(BACK, 3, 30, fold=1))) == (210, 270)
    assert back.span(Span(_at(BACK, 1), _at(BACK, 6))) == (60, 360)
    assert [back.text(_at(BACK, 3, 30, fold)) for fold in (0, 1)] == ["03:30 EEST", "03:30 EET"]
    assert forward.text(_at(FORWARD, 4, 30)) == "04:30"


@given(st.sampled_from([FORWARD, BACK, DAY]), st.integers(-600, 1800), st.integers(5, 480))
def test_nothing_is_drawn_upside_down_or_out_of_its_date(
    day: dt.date, start: int, minutes: int
) -> None:
    begins = _at(day, 0) + dt.timedelta(minutes=start)
    first, last = Clock(day, ZONE).span(Span(begins, begins + dt.timedelta(minutes=minutes)))
    assert 0 <= first <= last <= 1440


def test_a_day_without_hours_shows_a_usual_day_and_all_that_stands_in_it() -> None:
    assert reach([], [(19 * 60, 20 * 60)]) == (8 * 60, 20 * 60)
    assert reach([], []) == (8 * 60, 18 * 60)
    assert reach([(9 * 60, 10 * 60)], [(23 * 60 + 30, 1440)]) == (9 * 60, 1440)


@pytest.mark.proves("SCH-01", "SCH-06")
def test_a_visit_over_midnight_takes_time_of_both_dates_and_is_moved_in_one(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        actor = staff_actor(cast.ramona)
        for offset, windows in ((0, [(22 * 60, 1440)]), (1, [(0, 4 * 60)])):
            day = DAY + dt.timedelta(offset)
            set_override(session, actor, scene.specialist_id, day, "replace", windows, "", NOW)
        session.commit()
    visit = book_for(session, redis, scene, cast, _at(DAY, 23, 30))
    desk = english(signed_in(cast.ramona))
    text = desk.get(f"{DESK}/week/{DAY}?who={scene.specialist_id}").text
    first = text[text.index(f'data-day="{DAY}"') : text.index('data-day="2027-03-04"')]
    rest = text[text.index('data-day="2027-03-04"') : text.index('data-day="2027-03-05"')]
    assert f'id="visit-{visit.id}"' in first
    assert 'data-minutes="45"' in first, "its whole length, though the date ends"
    assert f'id="visit-{visit.id}-on"' in rest
    assert "until 00:15" in rest
    assert "data-move-url" not in rest
    assert "time=00:00" not in rest, "that time is taken"
    assert "time=00:30" in rest


@pytest.mark.proves("SCH-07")
def test_rooms_are_open_when_somebody_works_at_their_location(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    room_id = room_of(session, scene, cast, book_for(session, redis, scene, cast))
    desk = english(signed_in(cast.ramona))
    text = desk.get(f"{DESK}/day/{DAY}/rooms").text
    assert text.count('class="cal-open') == 2, (
        "before and after lunch, as the only specialist works"
    )
    sunday = desk.get(f"{DESK}/day/2027-03-07/rooms").text
    assert 'class="cal-open' not in sunday
    assert "10:00</li>" in sunday, "a closed day still has its hours"
    with scoped(session, Scope(org_id=scene.org_id)):
        night = {"starts_at": _at(DAY, 20), "ends_at": _at(DAY, 21)}
        session.execute(update(Appointment).where(Appointment.room_id == room_id).values(night))
        session.commit()
    assert "09:00</li>" in desk.get(f"{DESK}/day/{DAY}/rooms").text
