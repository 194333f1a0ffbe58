"""What a patient is told of a change, given what they were told before."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.appointments.rules.telling import CANCELLED, CONFIRMED, MOVED, SLIP, Standing, Told, news

NOW = dt.datetime(2027, 3, 3, 8, 0, tzinfo=dt.UTC)
START = NOW + dt.timedelta(days=1)
LATER = START + dt.timedelta(hours=3)
BOOKED = NOW - dt.timedelta(days=2)
pytestmark = pytest.mark.proves("NTF-02", "BYD-05")


def standing(
    starts_at: dt.datetime = START,
    specialist: str = "stefan",
    booked_at: dt.datetime = BOOKED,
    cancelled_at: dt.datetime | None = None,
) -> Standing:
    return Standing(starts_at, specialist, booked_at, cancelled_at)


def told(template: str = CONFIRMED, at: dt.datetime = START, specialist: str = "stefan") -> Told:
    return Told(template, at, specialist)


@pytest.mark.parametrize(
    ("now_stands", "was_told", "expected"),
    [
        pytest.param(standing(), None, CONFIRMED, id="booked"),
        pytest.param(standing(LATER), told(), MOVED, id="moved"),
        pytest.param(standing(specialist="ana"), told(), MOVED, id="another specialist"),
        pytest.param(standing(LATER), None, CONFIRMED, id="moved before anything was told"),
        pytest.param(standing(), told(), None, id="moved and moved back"),
        pytest.param(standing(cancelled_at=NOW), told(), CANCELLED, id="cancelled"),
        pytest.param(standing(cancelled_at=NOW), told(MOVED), CANCELLED, id="cancelled after move"),
        pytest.param(standing(cancelled_at=NOW), told(CANCELLED), None, id="cancelled twice"),
        pytest.param(standing(cancelled_at=NOW), None, CANCELLED, id="never told, booked long ago"),
        pytest.param(standing(booked_at=NOW, cancelled_at=NOW), None, None, id="a slip"),
        pytest.param(standing(), told(CANCELLED), CONFIRMED, id="restored after it was told"),
        pytest.param(standing(NOW), None, None, id="it has begun"),
    ],
)
def test_news(now_stands: Standing, was_told: Told | None, expected: str | None) -> None:
    assert news(now_stands, was_told, NOW) == expected


_TIMES = st.sampled_from([START, LATER])
_PEOPLE = st.sampled_from(["stefan", "ana"])
_STANDINGS = st.builds(
    Standing,
    _TIMES,
    _PEOPLE,
    st.just(BOOKED),
    st.none() | st.sampled_from([BOOKED + SLIP, NOW]),
)
_TOLD = st.none() | st.builds(Told, st.sampled_from([CONFIRMED, MOVED, CANCELLED]), _TIMES, _PEOPLE)


@given(_STANDINGS, _TOLD)
def test_once_told_there_is_no_more_news(now_stands: Standing, before: Told | None) -> None:
    """Whatever was said before, the message brings the patient up to date, so a repeat says nothing."""
    said = news(now_stands, before, NOW)
    if said is None:
        return
    after = Told(said, now_stands.starts_at, now_stands.specialist_id)
    assert news(now_stands, after, NOW) is None
