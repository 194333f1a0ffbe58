"""What a waiting-room screen says (APT-04)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.appointments.rules.board import CALL_SHOWN, Arrived, board

pytestmark = pytest.mark.proves("APT-04")
NOW = dt.datetime(2027, 3, 3, 10, 0, tzinfo=dt.UTC)
ANA = Arrived("a", "Ana-Maria Popescu", "K7QX-4MPT", NOW, None, None, "Cabinet 2")
MINUTES = st.integers(-120, 120).map(lambda minutes: NOW + dt.timedelta(minutes=minutes))
SOMEBODY = st.builds(
    Arrived,
    st.text("abcdef", min_size=1),
    st.just("Ana Pop"),
    st.just("K7QX-4MPT"),
    MINUTES,
    st.none() | MINUTES,
    st.none() | MINUTES,
    st.none() | st.just("Cabinet 1"),
)


@given(st.lists(SOMEBODY))
def test_nobody_stands_twice_and_the_last_call_stands_first(arrived: list[Arrived]) -> None:
    shown = board(arrived, NOW)
    assert not {id(one) for one in shown.called} & {id(one) for one in shown.waiting}
    calls = [one.called_at for one in shown.called if one.called_at]
    assert calls == sorted(calls, reverse=True)
    assert len(calls) == len(shown.called)
    assert all(one.called_at is None and one.started_at is None for one in shown.waiting)
    starts = [one.starts_at for one in shown.waiting]
    assert starts == sorted(starts)


def test_a_call_leaves_after_a_while_and_soon_after_the_visit_has_begun() -> None:
    called = replace(ANA, called_at=NOW)
    assert board([called], NOW + CALL_SHOWN - dt.timedelta(seconds=1)).called == (called,)
    late = board([called], NOW + CALL_SHOWN)
    assert (late.called, late.waiting) == ((), ())
    begun = replace(called, started_at=NOW)
    assert board([begun], NOW + dt.timedelta(minutes=2)).called == (begun,)
    assert board([begun], NOW + dt.timedelta(minutes=3)).called == ()


@pytest.mark.parametrize(("minutes", "told"), [(-10, 0), (4, 0), (5, 5), (17, 15), (60, 60)])
def test_lateness_is_told_in_steps_of_five_minutes(minutes: int, told: int) -> None:
    assert ANA.late_min(NOW + dt.timedelta(minutes=minutes)) == told


def test_initials_or_the_end_of_the_reference() -> None:
    assert ANA.shown_as("initials") == "AP"
    assert ANA.shown_as("code") == "4MPT"
    assert replace(ANA, name="0722 000 111").shown_as("initials") == "4MPT"
