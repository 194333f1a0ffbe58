"""Texts that can wait do wait until their reader's morning."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messaging.rules.quiet_hours import MORNING, quiet_until

pytestmark = pytest.mark.proves("NTF-02")
BUCHAREST = "Europe/Bucharest"
ZONES = (BUCHAREST, "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")


def _there(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BUCHAREST))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2027-03-03T08:00", None),
        ("2027-03-03T20:59:59", None),
        ("2027-03-03T21:00", "2027-03-04T08:00"),
        ("2027-03-03T23:59", "2027-03-04T08:00"),
        ("2027-03-04T00:00", "2027-03-04T08:00"),
        ("2027-03-04T07:59:59", "2027-03-04T08:00"),
        # The night in which the clock goes forward is an hour shorter, its morning still at eight.
        ("2027-03-27T22:00", "2027-03-28T08:00"),
        ("2027-10-30T22:00", "2027-10-31T08:00"),
    ],
)
def test_the_night_ends_at_eight_on_the_readers_clock(now: str, expected: str | None) -> None:
    assert quiet_until(_there(now), BUCHAREST) == (expected and _there(expected))


@given(
    now=st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2028, 1, 1), timezones=st.just(dt.UTC)),
    zone=st.sampled_from(ZONES),
)
def test_it_is_never_quiet_when_the_quiet_ends(now: dt.datetime, zone: str) -> None:
    morning = quiet_until(now, zone)
    if morning is None:
        return
    assert now < morning <= now + dt.timedelta(hours=12, minutes=30)
    assert morning.astimezone(ZoneInfo(zone)).time() == MORNING
    assert quiet_until(morning, zone) is None
