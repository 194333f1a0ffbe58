"""Every reason against a start, with its figures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.scheduling.rules.availability import Asking
from app.scheduling.rules.occupancy import Busy, Hold, Pool, Resource
from app.scheduling.rules.offer import Horizon, Offer
from app.scheduling.rules.refusals import Reason, Refusal, why, why_each, why_wall_clock
from tests.scheduling.rules.building import HOURLY, LONG_AGO, at, person, schedule, seconds

pytestmark = pytest.mark.proves("BYD-01")

HOURS = schedule("UTC", {"mon-fri": "09:00-12:00 14:00-17:00"}, {"2026-06-02": ""})
ANA = person(HOURS)


def on(clock: str, day: str = "2026-06-01") -> int:
    return at(f"{day}T{clock}")


def reasons(start: int, offer: Offer = HOURLY, who=ANA, asking: Asking = LONG_AGO, pools=()):
    return why(offer, who, start, asking, pools)


def test_a_free_start_has_none() -> None:
    assert reasons(on("11:00")) == ()


def test_outside_hours_names_the_hours_on_either_side() -> None:
    assert reasons(on("13:00")) == (Refusal(Reason.OUTSIDE_HOURS, on("12:00"), on("14:00")),)
    (weekend,) = reasons(on("10:00", "2026-06-06"))
    assert weekend == Refusal(
        Reason.OUTSIDE_HOURS, on("17:00", "2026-06-05"), on("09:00", "2026-06-08")
    )


def test_a_date_that_an_override_closes() -> None:
    (closed,) = reasons(on("10:00", "2026-06-02"))
    assert closed == Refusal(Reason.DAY_CLOSED, on("17:00"), on("09:00", "2026-06-03"))


def test_a_visit_that_would_end_after_the_hours() -> None:
    found = reasons(on("11:00"), Offer(90, 30))
    assert found == (Refusal(Reason.ENDS_AFTER_HOURS, on("09:00"), on("12:00")),)


def test_a_buffer_that_would_lie_outside_them() -> None:
    strict = Offer(60, 60, buffer_after_min=15, buffers_inside_hours=True)
    assert reasons(on("11:00"), strict) == (
        Refusal(Reason.BUFFER_OUTSIDE_HOURS, on("09:00"), on("12:00")),
    )


def test_off_the_grid_names_the_neighbours() -> None:
    assert reasons(on("09:20")) == (Refusal(Reason.OFF_GRID, on("09:00"), on("10:00")),)
    late = reasons(on("11:20"), Offer(30, 60))
    assert late == (Refusal(Reason.OFF_GRID, on("11:00"), None),)


def test_an_overlap_names_the_entry_and_its_footprint() -> None:
    who = replace(ANA, busy=[Busy(on("10:00"), on("10:30"), 15, 30, "leave", "dentist")])
    assert reasons(on("09:00"), who=who) == (
        Refusal(Reason.OVERLAPS, on("09:45"), on("11:00"), kind="leave", ref="dentist"),
    )
    assert reasons(on("11:00"), who=who) == ()


def test_a_hold_tells_when_it_expires() -> None:
    who = replace(ANA, holds=[Hold(on("10:00"), on("11:00"), 0, 0, 77, "you", "h1")])
    (held,) = reasons(on("10:00"), who=who, asking=Asking(76, "me"))
    assert held == Refusal(Reason.HELD, on("10:00"), on("11:00"), ref="h1", expires_s=77)
    assert reasons(on("10:00"), who=who, asking=Asking(77, "me")) == ()


def test_too_little_rest() -> None:
    who = replace(ANA, busy=[Busy(on("09:00"), on("09:50"), ref="v7")])
    offer = Offer(30, 30, cooldown_min=20)
    assert reasons(on("10:00"), offer, who) == (
        Refusal(Reason.COOLDOWN, on("09:00"), on("09:50"), 20, "visit", "v7"),
    )


def test_too_soon_and_beyond_the_horizon() -> None:
    now = Asking(seconds("2026-06-01T08:30"))
    offer = Offer(60, 60, min_notice_min=120, horizon=Horizon(3))
    assert reasons(on("10:00"), offer, asking=now) == (
        Refusal(Reason.TOO_SOON, until=on("10:30"), limit=120),
    )
    assert reasons(on("10:00", "2026-06-05"), offer, asking=now) == (
        Refusal(Reason.BEYOND_HORIZON, since=on("00:00", "2026-06-05"), limit=3),
    )


def test_a_full_day() -> None:
    who = replace(ANA, busy=[Busy(on("14:00"), on("15:00"))])
    limited = replace(HOURLY, max_per_day=1)
    assert reasons(on("09:00"), limited, who) == (Refusal(Reason.DAY_FULL, limit=1),)


def test_no_room_left() -> None:
    pool = Pool(
        "room",
        (
            Resource("1", [Busy(on("09:00"), on("09:30"))]),
            Resource("2", [Busy(on("09:30"), on("11:00"))]),
        ),
    )
    assert reasons(on("09:00"), pools=[pool]) == (
        Refusal(Reason.RESOURCE_TAKEN, kind="room", ref="1, 2"),
    )


def test_a_time_that_the_clocks_skip_and_one_that_they_repeat() -> None:
    who = person(schedule("Europe/Bucharest", {"mon-sun": "00:00-24:00"}))
    march, october = (at(day) // 1440 + 719163 for day in ("2027-03-28", "2027-10-31"))
    (missing,) = why_wall_clock(HOURLY, who, march, 3 * 60 + 15, LONG_AGO)
    assert missing == Refusal(Reason.MISSING_TIME, since=at("2027-03-28T01:15"))
    assert why_wall_clock(HOURLY, who, october, 3 * 60, LONG_AGO) == ()


@pytest.mark.proves("SPC-04")
def test_a_specialist_who_cannot_be_booked_at_all() -> None:
    assert reasons(on("09:00"), who=replace(ANA, active=False)) == (Refusal(Reason.INACTIVE),)
    nowhere = replace(ANA, hours=(replace(HOURS, tz=""),))
    assert reasons(on("09:00"), who=nowhere) == (Refusal(Reason.NO_ZONE),)
    assert why_wall_clock(HOURLY, nowhere, 740000, 540, LONG_AGO) == (Refusal(Reason.NO_ZONE),)


def test_several_reasons_are_all_told() -> None:
    who = replace(ANA, busy=[Busy(on("09:00"), on("10:00"))])
    offer = Offer(60, 60, min_notice_min=60)
    found = reasons(on("09:30"), offer, who, Asking(seconds("2026-06-01T09:00")))
    assert [one.reason for one in found] == [Reason.TOO_SOON, Reason.OFF_GRID, Reason.OVERLAPS]


def test_reasons_of_a_team_leave_out_whoever_is_free() -> None:
    bob = replace(ANA, id="bob", busy=[Busy(on("09:00"), on("10:00"))])
    assert list(why_each(HOURLY, [ANA, bob], on("09:00"), LONG_AGO)) == ["bob"]
    assert why_each(HOURLY, [], on("09:00"), LONG_AGO) == {"": (Refusal(Reason.NO_SPECIALIST),)}
