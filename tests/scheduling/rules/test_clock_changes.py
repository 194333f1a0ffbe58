"""Zones, series over a change of the clocks, and the clock-change report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scheduling.rules.clock_changes import (
    Finding,
    PlannedVisit,
    clock_change_report,
    next_changes,
)
from app.scheduling.rules.series import weekly
from app.scheduling.rules.walltime import (
    WallClock,
    from_datetime,
    instant,
    local_ordinal,
    localised,
    to_datetime,
    utc_texts,
    wall_clock,
)
from tests.scheduling.rules.building import at

ZONES = st.sampled_from(
    [
        "Europe/Bucharest",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Chatham",
        "America/St_Johns",
        "America/Sao_Paulo",
        "Africa/Casablanca",
        "UTC",
    ]
)
MINUTES = st.integers(at("2015-01-01"), at("2037-01-01"))


@given(ZONES, MINUTES)
def test_the_fast_local_date_is_the_zones_own(tz: str, minute: int) -> None:
    assert local_ordinal(tz, minute) == localised(tz, minute).toordinal()


@given(ZONES, MINUTES)
def test_a_wall_clock_minute_leads_back_to_its_first_instant(tz: str, minute: int) -> None:
    local = localised(tz, minute)
    reading = local.hour * 60 + local.minute
    first = instant(tz, local.toordinal(), reading)
    if local.fold:
        assert first < minute
        assert wall_clock(tz, local.toordinal(), reading) is WallClock.REPEATED
    else:
        assert first == minute


def test_moments_become_the_next_whole_minute_and_need_a_zone() -> None:
    moment = datetime(2026, 6, 1, 9, 0, 1, tzinfo=timezone(timedelta(hours=3)))
    assert to_datetime(from_datetime(moment)) == datetime(2026, 6, 1, 6, 1, tzinfo=UTC)
    assert utc_texts([from_datetime(moment)]) == ["2026-06-01T06:01:00Z"]
    with pytest.raises(ValueError, match="zone"):
        from_datetime(moment.replace(tzinfo=None))


@pytest.mark.proves("BYD-03", "SCH-02")
def test_a_weekly_series_keeps_its_local_time() -> None:
    first = at("2026-03-01T14:00")
    assert utc_texts(weekly(first, "America/New_York", 3)) == [
        "2026-03-01T14:00:00Z",
        "2026-03-08T13:00:00Z",
        "2026-03-15T13:00:00Z",
    ]
    fortnightly = weekly(first, "America/New_York", 2, every_weeks=2)
    assert utc_texts(fortnightly)[1] == "2026-03-15T13:00:00Z"


def test_a_series_moves_only_the_visit_whose_time_is_skipped() -> None:
    nights = weekly(at("2026-03-01T07:30"), "America/New_York", 3)  # 02:30 there
    clocks = [localised("America/New_York", one).strftime("%H:%M") for one in nights]
    assert clocks == ["02:30", "03:30", "02:30"]
    with pytest.raises(ValueError, match="at least one"):
        weekly(0, "UTC", 0)


@pytest.mark.proves("BYD-02")
def test_the_next_changes_of_a_zone() -> None:
    spring, autumn = next_changes("Europe/Bucharest", at("2026-11-20"))
    assert utc_texts([spring.at, autumn.at]) == ["2027-03-28T01:00:00Z", "2027-10-31T01:00:00Z"]
    assert (spring.before, spring.after, autumn.before, autumn.after) == (120, 180, 180, 120)
    assert next_changes("Asia/Kolkata", at("2026-11-20")) == []
    (half,) = next_changes("Australia/Lord_Howe", at("2026-06-01"), 1)
    assert half.after - half.before == 30
    (midnight,) = next_changes("Asia/Beirut", at("2026-01-01"), 1)
    assert utc_texts([midnight.at]) == ["2026-03-28T22:00:00Z"]
    assert next_changes("Europe/Bucharest", spring.at, 1) == [autumn]


@pytest.mark.proves("BYD-02")
def test_the_report_shows_local_times_on_both_sides_and_finds_drift() -> None:
    (spring,) = next_changes("Europe/Bucharest", at("2026-11-20"), 1)
    nine = 9 * 60
    lines = clock_change_report(
        spring,
        [
            PlannedVisit("drifted", at("2027-03-29T07:00"), at("2027-03-29T08:00"), nine),
            PlannedVisit("before", at("2027-03-26T07:00"), at("2027-03-26T08:00"), nine),
            PlannedVisit("steady", at("2027-03-29T06:00"), at("2027-03-29T07:00"), nine),
            PlannedVisit(
                "abroad", at("2027-03-30T06:00"), at("2027-03-30T07:00"), nine, "Asia/Kolkata"
            ),
            PlannedVisit("night", at("2027-03-28T00:30"), at("2027-03-28T01:30"), None),
            PlannedVisit("far", at("2027-05-01T06:00"), at("2027-05-01T07:00"), nine),
        ],
    )
    assert [(line.ref, line.local, line.after_change, line.findings) for line in lines] == [
        ("before", "2027-03-26 09:00", False, (Finding.STEADY,)),
        ("night", "2027-03-28 02:30", False, (Finding.IN_CHANGE,)),
        ("steady", "2027-03-29 09:00", True, (Finding.STEADY,)),
        ("drifted", "2027-03-29 10:00", True, (Finding.DRIFTED,)),
        ("abroad", "2027-03-30 09:00", True, (Finding.PATIENT_SHIFTED,)),
    ]
    assert lines[-1].patient_local == "2027-03-30 11:30"


@pytest.mark.proves("BYD-02")
def test_the_report_marks_starts_that_read_the_same_twice() -> None:
    (autumn,) = next_changes("Europe/Bucharest", at("2027-06-01"), 1)
    visits = [
        PlannedVisit(clock, at(f"2027-10-31T{clock}"), at(f"2027-10-31T{clock}") + 10)
        for clock in ("00:00", "00:30", "01:30", "02:00")
    ]
    found = {line.ref: line.findings for line in clock_change_report(autumn, visits)}
    assert found["00:30"] == found["01:30"] == (Finding.REPEATED_HOUR,)
    assert found["02:00"] == (Finding.STEADY,)
    assert found["00:00"] == (Finding.REPEATED_HOUR,)


@pytest.mark.parametrize("change", ["2027-03-28T01:00", "2027-10-31T01:00"])
def test_the_fast_local_date_is_right_hour_by_hour_around_a_change(change: str) -> None:
    for hours in range(-72, 73):
        minute = at(change) + hours * 60
        day = localised("Europe/Bucharest", minute).toordinal()
        assert local_ordinal("Europe/Bucharest", minute) == day
