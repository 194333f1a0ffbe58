"""The written conventions of hours, grids, buffers, holds and reach, each by a hand-worked case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.scheduling.rules.availability import Asking, Specialist, availability
from app.scheduling.rules.hours import Schedule, Window
from app.scheduling.rules.occupancy import Busy, Hold, blocks
from app.scheduling.rules.offer import Count, Horizon, Offer
from app.scheduling.rules.walltime import UnknownZone, localised, utc_texts
from tests.scheduling.rules.building import (
    HOURLY,
    LONG_AGO,
    at,
    local_starts,
    person,
    schedule,
    seconds,
)

pytestmark = pytest.mark.proves("SCH-01", "SCH-02", "SCH-04")

NEW_YORK = "America/New_York"
BUCHAREST = "Europe/Bucharest"


def utc(who: Specialist, first: str, last: str, offer: Offer = HOURLY) -> list[str]:
    """Starts as `11-02 04:30` in UTC."""
    found = availability(offer, [who], (at(first), at(last)), LONG_AGO).starts()
    return [text[5:16].replace("T", " ") for text in utc_texts(found)]


# --- windows -----------------------------------------------------------------


def test_overlapping_and_touching_windows_are_one_before_starts_are_laid_out() -> None:
    overlapping = person(schedule("UTC", {"mon": "09:00-11:00 10:00-11:30 11:30-12:00"}))
    offer = Offer(40, 40)
    assert local_starts(overlapping, "2026-06-01", "2026-06-02", offer) == [
        "Mon 09:00",
        "Mon 09:40",
        "Mon 10:20",
        "Mon 11:00",
    ]


def test_an_end_not_after_its_start_means_the_next_local_day() -> None:
    night = person(schedule(BUCHAREST, {"mon": "23:00-01:00"}))
    assert local_starts(night, "2026-06-01", "2026-06-03") == ["Mon 23:00", "Tue 00:00"]
    round_the_clock = person(schedule("UTC", {"mon": "09:00-09:00"}))
    assert len(local_starts(round_the_clock, "2026-06-01", "2026-06-03")) == 24


def test_last_evenings_window_is_seen_by_a_question_that_begins_after_midnight() -> None:
    night = person(schedule(BUCHAREST, {"mon": "22:00-02:30"}))
    assert local_starts(night, "2026-06-01T21:15", "2026-06-02T21:00") == ["Tue 01:00"]


def test_twenty_four_hundred_is_the_next_local_midnight_also_where_midnight_is_skipped() -> None:
    beirut = person(schedule("Asia/Beirut", {"sat": "22:00-24:00", "sun": "00:00-02:00"}))
    # On 29 March 2026 Beirut goes from 23:59 to 01:00: the two windows still touch.
    assert utc(beirut, "2026-03-28T00:00", "2026-03-29T12:00") == [
        "03-28 20:00",
        "03-28 21:00",
        "03-28 22:00",
    ]


def test_a_closed_date_clips_what_spills_over_from_the_evening_before() -> None:
    night = {"mon-sun": "22:00-02:00"}
    who = person(schedule("UTC", night, {"2026-06-02": ""}))
    assert local_starts(who, "2026-06-01T12:00", "2026-06-03T12:00") == ["Mon 22:00", "Mon 23:00"]
    replaced = person(schedule("UTC", night, {"2026-06-02": "01:00-03:00"}))
    assert local_starts(replaced, "2026-06-01T12:00", "2026-06-02T12:00") == [
        "Mon 22:00",
        "Mon 23:00",
        "Tue 01:00",
        "Tue 02:00",
    ]


def test_extra_hours_join_the_weekly_ones_and_neither_clip_nor_shift_them() -> None:
    who = person(
        schedule(
            "UTC",
            {"mon": "22:00-02:00", "tue": "09:00-11:00"},
            {"2026-06-02": "+11:00-12:00 18:00-19:00"},
        )
    )
    assert local_starts(who, "2026-06-01T23:30", "2026-06-03") == [
        "Tue 00:00",
        "Tue 01:00",
        "Tue 09:00",
        "Tue 10:00",
        "Tue 11:00",
        "Tue 18:00",
    ]


def test_the_overridden_date_is_local_and_not_the_utc_date() -> None:
    who = person(schedule("Pacific/Auckland", {"mon-sun": "08:00-09:00"}, {"2026-06-02": ""}))
    assert local_starts(who, "2026-05-31T12:00", "2026-06-03T12:00") == ["Mon 08:00", "Wed 08:00"]


# --- grid --------------------------------------------------------------------


def test_busy_time_removes_starts_and_does_not_shift_the_grid() -> None:
    who = person(
        schedule("UTC", {"mon": "09:00-12:00"}),
        busy=[Busy(at("2026-06-01T09:50"), at("2026-06-01T10:10"))],
    )
    assert local_starts(who, "2026-06-01", "2026-06-02", Offer(30, 30)) == [
        "Mon 09:00",
        "Mon 10:30",
        "Mon 11:00",
        "Mon 11:30",
    ]


def test_the_grid_begins_at_the_window_and_not_at_the_question_or_the_hour() -> None:
    who = person(schedule("Asia/Kathmandu", {"mon": "09:10-11:00"}))
    assert local_starts(who, "2026-06-01T03:30", "2026-06-02", Offer(25, 25)) == [
        "Mon 09:35",
        "Mon 10:00",
        "Mon 10:25",
    ]


def test_a_visit_ends_by_the_end_of_the_hours_to_the_minute() -> None:
    who = person(schedule("UTC", {"fri": "14:00-20:00"}))
    assert local_starts(who, "2026-06-05", "2026-06-06", Offer(90, 30))[-1] == "Fri 18:30"
    assert local_starts(who, "2026-06-05", "2026-06-06", Offer(361, 30)) == []


def test_a_visit_may_cross_midnight_inside_one_stretch_of_hours() -> None:
    who = person(schedule("UTC", {"mon-tue": "00:00-24:00"}))
    starts = local_starts(who, "2026-06-01", "2026-06-03", Offer(90, 300))
    assert starts[4:6] == ["Mon 20:00", "Tue 01:00"]


@pytest.mark.parametrize("asked", ["2026-06-01", "2026-06-03T05:00", "2026-06-20T11:11"])
def test_hours_that_never_close_are_laid_anew_each_monday_whatever_is_asked(asked: str) -> None:
    who = person(schedule(BUCHAREST, {"mon-sun": "00:00-24:00"}))
    offer = Offer(60, 25 * 60)
    whole = availability(offer, [who], (at("2026-06-01"), at("2026-07-01")), LONG_AGO).starts()
    part = availability(offer, [who], (at(asked), at("2026-07-01")), LONG_AGO).starts()
    assert part == [start for start in whole if start >= at(asked)]
    assert at("2026-06-15T00:00+03:00") in whole


# --- the clock changes --------------------------------------------------------


def test_a_skipped_time_moves_forward_by_the_gap() -> None:
    spring = person(schedule(NEW_YORK, {"sun": "02:30-05:30"}))
    assert utc(spring, "2026-03-08T00:00", "2026-03-09T00:00") == ["03-08 07:30", "03-08 08:30"]
    swallowed = person(schedule(NEW_YORK, {"sun": "02:30-03:00"}))
    assert utc(swallowed, "2026-03-08T00:00", "2026-03-09T00:00", Offer(10, 10)) == []


def test_a_repeated_time_takes_its_first_occurrence_and_steps_are_elapsed_minutes() -> None:
    autumn = person(schedule(NEW_YORK, {"sun": "01:30-03:00"}))
    assert utc(autumn, "2026-11-01T00:00", "2026-11-02T00:00", Offer(30, 30)) == [
        "11-01 05:30",
        "11-01 06:00",
        "11-01 06:30",
        "11-01 07:00",
        "11-01 07:30",
    ]


def test_a_half_hour_change() -> None:
    who = person(schedule("Australia/Lord_Howe", {"sun": "01:00-04:00"}))
    # Spring, 4 October 2026: 02:00 becomes 02:30, so two and a half real hours.
    assert len(utc(who, "2026-10-03T12:00", "2026-10-04T12:00", Offer(30, 30))) == 5
    # Autumn, 4 April 2027: 02:00 becomes 01:30, so three and a half.
    assert len(utc(who, "2027-04-03T12:00", "2027-04-04T12:00", Offer(30, 30))) == 7


def test_nine_stays_nine_on_both_sides_of_a_change() -> None:
    who = person(schedule("Pacific/Chatham", {"mon-sun": "09:00-10:00"}))
    assert local_starts(who, "2027-03-31T12:00", "2027-04-07") == [
        f"{day} 09:00" for day in ("Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed")
    ]


def test_an_override_on_the_day_of_the_change() -> None:
    who = person(schedule(BUCHAREST, {"mon-fri": "09:00-17:00"}, {"2027-03-28": "02:00-06:00"}))
    # 03:00 becomes 04:00: three real hours.
    assert utc(who, "2027-03-27T12:00", "2027-03-28T12:00") == [
        "03-28 00:00",
        "03-28 01:00",
        "03-28 02:00",
    ]


# --- footprints and holds -----------------------------------------------------


def test_footprints_of_both_visits_add_up_and_may_touch() -> None:
    who = person(
        schedule("UTC", {"mon": "08:00-18:00"}),
        busy=[Busy(at("2026-06-01T12:00"), at("2026-06-01T13:00"), 15, 15)],
    )
    offer = Offer(60, 15, 15, 30)
    starts = local_starts(who, "2026-06-01", "2026-06-02", offer)
    assert "Mon 10:15" in starts
    assert "Mon 10:30" not in starts
    assert "Mon 13:15" not in starts
    assert "Mon 13:30" in starts


def test_buffers_may_lie_outside_the_hours_unless_the_offer_says_otherwise() -> None:
    who = person(schedule("UTC", {"mon": "09:00-12:00"}))
    loose = Offer(60, 30, 30, 30)
    assert local_starts(who, "2026-06-01", "2026-06-02", loose) == [
        "Mon 09:00",
        "Mon 09:30",
        "Mon 10:00",
        "Mon 10:30",
        "Mon 11:00",
    ]
    strict = replace(loose, buffers_inside_hours=True)
    assert local_starts(who, "2026-06-01", "2026-06-02", strict) == [
        "Mon 09:30",
        "Mon 10:00",
        "Mon 10:30",
    ]


def test_the_larger_of_the_services_and_the_specialists_buffers_applies() -> None:
    busy = [Busy(at("2026-06-01T11:00"), at("2026-06-01T12:00"))]
    who = person(schedule("UTC", {"mon": "09:00-14:00"}), busy=busy, buffer_after_min=20)
    assert local_starts(who, "2026-06-01", "2026-06-02", Offer(30, 10, 0, 10))[-1] == "Mon 13:30"
    assert "Mon 10:20" not in local_starts(who, "2026-06-01", "2026-06-02", Offer(30, 10, 0, 10))
    assert "Mon 10:10" in local_starts(who, "2026-06-01", "2026-06-02", Offer(30, 10, 0, 10))


def test_rest_is_a_least_distance_between_visits_and_not_around_leave() -> None:
    hours = schedule("UTC", {"mon": "09:00-13:00"})
    visit = Busy(at("2026-06-01T10:00"), at("2026-06-01T10:30"), 0, 5)
    offer = Offer(30, 10, cooldown_min=20)
    after_visit = local_starts(person(hours, busy=[visit]), "2026-06-01", "2026-06-02", offer)
    assert after_visit[:3] == ["Mon 09:00", "Mon 09:10", "Mon 10:50"]
    leave = person(hours, busy=[visit._replace(kind="leave")])
    assert local_starts(leave, "2026-06-01", "2026-06-02", offer)[4:6] == [
        "Mon 10:40",
        "Mon 10:50",
    ]


@pytest.mark.parametrize(
    ("status", "taken"),
    [
        (None, True),
        ("booked", True),
        ("pending", True),
        ("no_show", True),
        ("cancelled", False),
        ("REJECTED", False),
    ],
)
def test_only_cancelled_and_rejected_entries_free_their_time(status: str, taken: bool) -> None:
    assert blocks(status) is taken


def test_a_hold_blocks_until_it_expires_and_never_its_own_client() -> None:
    hold = Hold(at("2026-06-01T09:00"), at("2026-06-01T10:00"), 0, 30, 1000, "me")
    who = person(schedule("UTC", {"mon": "09:00-12:00"}), holds=[hold])
    span = "2026-06-01", "2026-06-02"
    assert local_starts(who, *span, asking=Asking(999, "you")) == ["Mon 11:00"]
    assert local_starts(who, *span, asking=Asking(999)) == ["Mon 11:00"]
    assert len(local_starts(who, *span, asking=Asking(999, "me"))) == 3
    assert len(local_starts(who, *span, asking=Asking(1000, "you"))) == 3


# --- reach ----------------------------------------------------------------------


def test_notice_is_counted_to_the_second_from_now() -> None:
    who = person(schedule("UTC", {"mon": "09:00-12:00"}))
    offer = Offer(60, 60, min_notice_min=60)
    span = "2026-06-01", "2026-06-02"
    on_time = Asking(seconds("2026-06-01T09:00"))
    assert local_starts(who, *span, offer, on_time) == ["Mon 10:00", "Mon 11:00"]
    late = Asking(seconds("2026-06-01T09:00") + 1)
    assert local_starts(who, *span, offer, late) == ["Mon 11:00"]


@pytest.mark.parametrize(
    ("horizon", "last"),
    [
        (Horizon(0), "05-01"),
        (Horizon(3), "05-04"),
        (Horizon(0, Count.BUSINESS), "05-01"),
        (Horizon(1, Count.BUSINESS), "05-04"),
        (Horizon(5, Count.BUSINESS), "05-08"),
        (Horizon(6, Count.BUSINESS), "05-11"),
    ],
)
def test_the_horizon_counts_local_dates_from_today(horizon: Horizon, last: str) -> None:
    who = person(schedule("Pacific/Auckland", {"mon-sun": "08:00-09:00"}))
    friday = Asking(seconds("2026-04-30T19:30"))  # 1 May, 07:30 in Auckland
    found = availability(
        Offer(60, 60, horizon=horizon), [who], (at("2026-04-30"), at("2026-06-01")), friday
    )
    final = localised("Pacific/Auckland", found.starts()[-1])
    assert f"{final:%m-%d}" == last


@pytest.mark.parametrize(
    ("today", "days", "last"),
    [
        ("2026-05-02", 0, "2026-05-02"),
        ("2026-05-02", 1, "2026-05-04"),
        ("2026-05-03", 5, "2026-05-08"),
        ("2026-05-06", 3, "2026-05-11"),
    ],
)
def test_business_days_from_a_weekend(today: str, days: int, last: str) -> None:
    def ordinal(day: str) -> int:
        return at(day) // 1440 + 719163

    assert Horizon(days, Count.BUSINESS).last_date(ordinal(today)) == ordinal(last)


def test_a_date_with_as_many_live_visits_as_allowed_offers_nothing() -> None:
    late = Busy(at("2026-06-01T20:30"), at("2026-06-01T21:30"))  # 23:30 local: still Monday
    who = person(schedule(BUCHAREST, {"mon-tue": "09:00-11:00"}), busy=[late])
    span = "2026-06-01", "2026-06-03"
    assert local_starts(who, *span, replace(HOURLY, max_per_day=1)) == ["Tue 09:00", "Tue 10:00"]
    assert len(local_starts(who, *span, replace(HOURLY, max_per_day=2))) == 4
    assert local_starts(who, *span, replace(HOURLY, max_per_day=0)) == []
    on_leave = replace(who, busy=[late._replace(kind="leave")])
    assert len(local_starts(on_leave, *span, replace(HOURLY, max_per_day=1))) == 4


# --- who cannot be booked, and what cannot be said ---------------------------------


@pytest.mark.proves("SPC-04")
def test_an_inactive_specialist_or_one_without_a_zone_offers_nothing() -> None:
    hours = schedule("UTC", {"mon-sun": "00:00-24:00"})
    span = "2026-06-01", "2026-06-02"
    assert local_starts(person(hours, active=False), *span) == []
    nowhere = availability(
        HOURLY, [person(replace(hours, tz=""))], (at(span[0]), at(span[1])), LONG_AGO
    )
    assert nowhere.starts() == []


@pytest.mark.parametrize("name", ["Europe/Bucuresti", "../etc/passwd", "Europe", "+02:00"])
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        Schedule(name)


@pytest.mark.parametrize(
    "figures",
    [
        {"duration_min": 0},
        {"step_min": 0},
        {"buffer_before_min": -1},
        {"cooldown_min": -5},
        {"min_notice_min": -1},
        {"max_per_day": -1},
        {"capacity": 0},
    ],
)
def test_an_offer_refuses_figures_that_cannot_be(figures: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(figures))):
        Offer(**{"duration_min": 30, "step_min": 15} | figures)


def test_hours_refuse_what_is_no_time_of_day() -> None:
    with pytest.raises(ValueError, match="clock reading"):
        Window.of(0, 1441)
    with pytest.raises(ValueError, match="seven days"):
        Schedule("UTC", ((),))
    with pytest.raises(ValueError, match="negative"):
        Horizon(-1)


def test_two_specialists_of_one_id_are_refused() -> None:
    who = person(schedule("UTC", {}))
    with pytest.raises(ValueError, match="share an id"):
        availability(HOURLY, [who, who], (0, 1), LONG_AGO)


def test_rest_holds_on_either_side_when_only_one_buffer_is_as_long() -> None:
    visit = Busy(at("2026-06-01T10:00"), at("2026-06-01T10:30"))
    who = person(schedule("UTC", {"mon": "09:00-12:00"}), busy=[visit])
    after = local_starts(who, "2026-06-01", "2026-06-02", Offer(30, 10, 0, 20, cooldown_min=20))
    assert "Mon 10:40" not in after
    assert "Mon 10:50" in after
    before = local_starts(who, "2026-06-01", "2026-06-02", Offer(30, 10, 20, 0, cooldown_min=20))
    assert "Mon 09:20" not in before
    assert "Mon 09:10" in before


def test_hours_open_since_a_monday_morning_are_laid_anew_on_the_second_monday_after() -> None:
    who = person(schedule("UTC", {"mon-sun": "00:00-24:00"}, {"2026-06-01": "09:00-24:00"}))
    found = availability(
        Offer(60, 25 * 60), [who], (at("2026-06-01"), at("2026-06-20")), LONG_AGO
    ).starts()
    assert at("2026-06-08T00:00") not in found
    assert at("2026-06-15T00:00") in found
