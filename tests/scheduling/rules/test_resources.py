"""Rooms, devices, group classes and layered hours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.scheduling.rules.availability import Asking, availability, decide
from app.scheduling.rules.occupancy import Busy, Hold, Pool, Resource, Session, places_left
from app.scheduling.rules.offer import Offer
from app.scheduling.rules.refusals import Reason, why
from tests.scheduling.rules.building import (
    HOURLY,
    LONG_AGO,
    at,
    local_starts,
    person,
    schedule,
    seconds,
)

SPAN = "2026-06-01", "2026-06-02"  # a Monday
MORNING = schedule("UTC", {"mon": "09:00-12:00"})
CLASS = Offer(60, 60, capacity=3)


def busy(start: str, end: str, *buffers: int) -> Busy:
    return Busy(at(f"2026-06-01T{start}"), at(f"2026-06-01T{end}"), *buffers)


# --- rooms and devices ----------------------------------------------------------


@pytest.mark.proves("SCH-07")
def test_a_visit_needs_any_one_room_for_its_whole_footprint() -> None:
    rooms = Pool(
        "room",
        (
            Resource("1", [busy("09:00", "10:30")]),
            Resource("2", [busy("10:00", "12:00", 10)]),
        ),
    )
    assert local_starts(person(MORNING), *SPAN, pools=[rooms]) == ["Mon 11:00"]
    shorter = Offer(45, 15)
    assert local_starts(person(MORNING), *SPAN, shorter, pools=[rooms]) == [
        "Mon 09:00",
        "Mon 10:30",
        "Mon 10:45",
        "Mon 11:00",
        "Mon 11:15",
    ]
    cleaned = replace(shorter, buffer_after_min=10)
    assert local_starts(person(MORNING), *SPAN, cleaned, pools=[rooms])[0] == "Mon 10:30"


@pytest.mark.proves("SCH-07")
def test_a_room_and_a_device_are_needed_together() -> None:
    room = Pool("room", (Resource("1", [busy("09:00", "10:00")]),))
    device = Pool("device", (Resource("laser", [busy("11:00", "12:00")]),))
    assert local_starts(person(MORNING), *SPAN, pools=[room, device]) == ["Mon 10:00"]
    assert local_starts(person(MORNING), *SPAN, pools=[room, Pool("device")]) == []


@pytest.mark.proves("SCH-07")
def test_a_room_may_have_hours_and_holds_of_its_own() -> None:
    opens = [
        (at("2026-06-01T09:30"), at("2026-06-01T10:00")),
        (at("2026-06-01T10:00"), at("2026-06-01T11:00")),
    ]
    hold = Hold(at("2026-06-01T10:00"), at("2026-06-01T10:30"), expires_s=50, owner="you")
    pool = Pool("room", (Resource("1", (), [hold], opens),))
    half_hours = Offer(30, 30)
    assert local_starts(person(MORNING), *SPAN, half_hours, Asking(49, "me"), [pool]) == [
        "Mon 09:30",
        "Mon 10:30",
    ]
    assert len(local_starts(person(MORNING), *SPAN, half_hours, Asking(49, "you"), [pool])) == 3


def test_a_resource_in_two_pools_is_refused_because_it_cannot_serve_both() -> None:
    both = [Pool("room", (Resource("1"),)), Pool("device", (Resource("1"),))]
    with pytest.raises(ValueError, match="more than one pool"):
        availability(HOURLY, [person(MORNING)], (0, 1), LONG_AGO, both)


# --- group classes -----------------------------------------------------------------


def session(taken: int, held: int = 0, start: str = "10:00", end: str = "11:00") -> Session:
    return Session(*busy(start, end)[:4], taken, held, "pilates")


@pytest.mark.proves("CAT-02", "SCH-02")
def test_a_class_is_joined_at_its_start_until_its_places_are_gone() -> None:
    assert places_left(5, session(0, 1)) == 4
    assert places_left(2, session(3)) == 0  # capacity lowered below what is booked
    joinable = person(MORNING, sessions=[session(1, 1)])
    assert local_starts(joinable, *SPAN, CLASS) == ["Mon 09:00", "Mon 10:00", "Mon 11:00"]
    full = person(MORNING, sessions=[session(2, 1)])
    assert local_starts(full, *SPAN, CLASS) == ["Mon 09:00", "Mon 11:00"]
    for other_offer in (HOURLY, Offer(30, 30)):
        assert "Mon 10:00" not in local_starts(joinable, *SPAN, other_offer)


@pytest.mark.proves("CAT-02")
def test_a_class_outside_grid_and_hours_can_be_joined_with_its_room_already_taken() -> None:
    odd = person(MORNING, sessions=[session(1, 0, "13:07", "14:07")])
    taken_room = Pool("room", (Resource("1", [busy("09:00", "15:00")]),))
    assert local_starts(odd, *SPAN, CLASS, pools=[taken_room]) == ["Mon 13:07"]
    assert decide(CLASS, [odd], at("2026-06-01T13:07"), LONG_AGO) == ("ana",)


@pytest.mark.proves("CAT-02")
def test_joining_respects_the_notice_and_a_full_class_says_so() -> None:
    start = at("2026-06-01T10:00")
    who = person(MORNING, sessions=[session(1)])
    late = Asking(seconds("2026-06-01T09:30"))
    hurried = replace(CLASS, min_notice_min=60)
    assert decide(hurried, [who], start, late) == ()
    assert [one.reason for one in why(hurried, who, start, late)] == [Reason.TOO_SOON]
    full = why(CLASS, person(MORNING, sessions=[session(3)]), start, LONG_AGO)
    assert [(one.reason, one.limit) for one in full] == [(Reason.CLASS_FULL, 3)]


def test_a_class_counts_once_towards_the_day_and_may_still_be_joined() -> None:
    who = person(MORNING, sessions=[session(2)])
    assert local_starts(who, *SPAN, replace(CLASS, max_per_day=1)) == ["Mon 10:00"]


# --- layers of hours ------------------------------------------------------------------

OWN = schedule("UTC", {"mon-fri": "09:00-12:00"})


@pytest.mark.proves("SCH-01")
def test_the_most_specific_hours_win() -> None:
    calendar = schedule("UTC", {"mon-fri": "14:00-16:00"})
    in_calendar = schedule("UTC", {"mon": "17:00-18:00"})
    week = "2026-06-01", "2026-06-03"
    assert local_starts(person((OWN, calendar)), *week) == [
        "Mon 14:00",
        "Mon 15:00",
        "Tue 14:00",
        "Tue 15:00",
    ]
    assert local_starts(person((OWN, calendar, in_calendar)), *week) == ["Mon 17:00"]
    silent = schedule("UTC", None)
    assert len(local_starts(person((OWN, silent, silent)), *week)) == 6


@pytest.mark.proves("SCH-01")
def test_a_specialists_vacation_closes_whatever_hours_the_calendar_has() -> None:
    away = schedule(
        "UTC", {"mon-fri": "09:00-12:00"}, {"2026-06-01": "", "2026-06-02": "15:00-20:00"}
    )
    calendar = schedule("UTC", {"mon-fri": "13:00-17:00"})
    assert local_starts(person((away, calendar)), "2026-06-01", "2026-06-04") == [
        "Tue 15:00",
        "Tue 16:00",
        "Wed 13:00",
        "Wed 14:00",
        "Wed 15:00",
        "Wed 16:00",
    ]


@pytest.mark.proves("SCH-01")
def test_a_vacation_also_ends_the_night_hours_that_a_calendar_began_the_evening_before() -> None:
    away = schedule("UTC", {"mon-fri": "09:00-12:00"}, {"2026-06-02": ""})
    nights = schedule("UTC", {"mon-fri": "22:00-02:00"})
    assert local_starts(person((away, nights)), "2026-06-01T12:00", "2026-06-02T12:00") == [
        "Mon 22:00",
        "Mon 23:00",
    ]


@pytest.mark.proves("SCH-01")
def test_dates_of_a_calendar_replace_or_extend_the_specialists_own_week() -> None:
    dates = schedule("UTC", None, {"2026-06-01": "18:00-19:00", "2026-06-02": "+18:00-19:00"})
    assert local_starts(person((OWN, dates)), "2026-06-01", "2026-06-03") == [
        "Mon 18:00",
        "Tue 09:00",
        "Tue 10:00",
        "Tue 11:00",
        "Tue 18:00",
    ]


@pytest.mark.proves("SCH-01")
def test_layers_may_lie_in_different_zones() -> None:
    calendar = schedule("Europe/London", {"mon": "09:00-12:00"})
    away = schedule("Europe/Bucharest", {"mon-fri": "00:00-24:00"}, {"2026-06-01": "00:00-13:00"})
    # The calendar opens 11:00 to 14:00 in Bucharest; the specialist leaves at 13:00 there.
    assert local_starts(person((away, calendar)), "2026-05-31", "2026-06-03") == [
        "Mon 11:00",
        "Mon 12:00",
    ]


@pytest.mark.proves("SCH-01")
def test_an_override_of_the_layer_that_rules_the_next_date_clips_the_night_before() -> None:
    calendar = schedule("UTC", {"mon-fri": "09:00-10:00"}, {"2026-06-02": "06:00-07:00"})
    one_night = schedule("UTC", None, {"2026-06-01": "22:00-03:00"})
    assert local_starts(person((OWN, calendar, one_night)), "2026-06-01", "2026-06-03") == [
        "Mon 22:00",
        "Mon 23:00",
        "Tue 06:00",
    ]


@pytest.mark.proves("SCH-01")
def test_a_vacation_that_is_still_today_elsewhere_closes_the_calendars_tomorrow() -> None:
    away = schedule("Pacific/Honolulu", {"mon-sun": "00:00-24:00"}, {"2026-06-01": ""})
    calendar = schedule("Pacific/Auckland", {"tue": "09:00-24:00"})
    # 1 June in Honolulu is 22:00 on Monday to 22:00 on Tuesday in Auckland.
    found = availability(
        HOURLY,
        [person((away, calendar))],
        (at("2026-06-01T12:00"), at("2026-06-02T12:00")),
        LONG_AGO,
    )
    assert found.starts() == [at("2026-06-02T10:00"), at("2026-06-02T11:00")]


@pytest.mark.proves("SCH-07")
def test_a_rooms_touching_hours_are_one_and_hold_the_whole_footprint() -> None:
    opens = [
        (at("2026-06-01T10:00"), at("2026-06-01T11:00")),
        (at("2026-06-01T09:30"), at("2026-06-01T10:00")),
    ]
    pool = Pool("room", (Resource("1", open_spans=opens),))
    assert local_starts(person(MORNING), *SPAN, Offer(60, 30), pools=[pool]) == [
        "Mon 09:30",
        "Mon 10:00",
    ]
    buffered = Offer(60, 30, buffer_after_min=5)
    assert local_starts(person(MORNING), *SPAN, buffered, pools=[pool]) == ["Mon 09:30"]


def test_specialists_with_different_hours_do_not_share_them() -> None:
    late = replace(person(schedule("UTC", {"mon": "10:00-11:00"})), id="bob")
    found = availability(HOURLY, [person(MORNING), late], (at(SPAN[0]), at(SPAN[1])), LONG_AGO)
    assert found.starts_of("bob") == [at("2026-06-01T10:00")]
