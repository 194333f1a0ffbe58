"""Who owes what for a late or missed visit: boundaries of the notice, causes, amounts."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.appointments.rules.policy import (
    KINDS,
    LATE_CANCEL,
    LATE_MOVE,
    NO_SHOW,
    Due,
    deadline,
    owed,
    patient_may_change,
    too_late,
)
from app.catalog.terms import Fee, Terms, faults, in_force, read, stored

pytestmark = pytest.mark.proves("APT-03", "CAT-01")
START = dt.datetime(2027, 3, 3, 9, tzinfo=dt.UTC)
HALF = Terms(late=Fee(percent=50), no_show=Fee(percent=100), deposit=Fee(minor=3000))
MINUTE = dt.timedelta(minutes=1)

minutes = st.integers(0, 60 * 24 * 60)
fees = st.one_of(
    st.just(Fee()),
    st.builds(lambda minor: Fee(minor=minor), st.integers(1, 10**6)),
    st.builds(lambda share: Fee(percent=share), st.integers(1, 100)),
)
terms = st.builds(
    Terms, st.integers(0, 60 * 24 * 30), fees, fees, fees, st.booleans(), st.booleans()
)
prices = st.integers(0, 10**7)


# The layout and the figures of the peers' cases: hours left, hours of notice, too late or not.
@pytest.mark.parametrize(
    ("left", "notice", "late"), [(1, 24, True), (23, 24, True), (24, 24, False)]
)
def test_notice_of_the_peers_cases(left: int, notice: int, late: bool) -> None:
    now = START - dt.timedelta(hours=left)
    assert too_late(now, START, notice * 60) is late


def test_notice_is_elapsed_time_over_a_clock_change() -> None:
    """On 28 March 2027 Bucharest loses an hour: 24 hours before 09:00 is 08:00 the day before."""
    zone = ZoneInfo("Europe/Bucharest")
    start = dt.datetime(2027, 3, 28, 9, tzinfo=zone).astimezone(dt.UTC)
    last = deadline(start, 24 * 60)
    assert last.astimezone(zone).replace(tzinfo=None) == dt.datetime(2027, 3, 27, 8)
    assert not too_late(last, start, 24 * 60)
    assert too_late(last + dt.timedelta(microseconds=1), start, 24 * 60)


def test_each_kind_of_late_change() -> None:
    late = START - MINUTE
    assert owed(LATE_CANCEL, late, START, HALF, 12000, by_patient=True) == Due(
        LATE_CANCEL, 6000, False
    )
    assert owed(LATE_MOVE, late, START, HALF, 12000, by_patient=True) == Due(LATE_MOVE, 6000, False)
    assert owed(NO_SHOW, START, START, HALF, 12000, by_patient=True) == Due(NO_SHOW, 12000, False)


def test_a_deposit_is_lost_where_the_fee_is_less() -> None:
    small = Terms(late=Fee(minor=1000), deposit=Fee(minor=3000))
    late = START - MINUTE
    lost = owed(LATE_CANCEL, late, START, small, 12000, by_patient=True)
    moved = owed(LATE_MOVE, late, START, small, 12000, by_patient=True)
    assert lost is not None
    assert lost.amount_minor == 3000
    assert moved is not None
    assert moved.amount_minor == 1000


def test_a_lost_session_is_due_without_an_amount() -> None:
    lost = Terms(session_lost=True)
    assert owed(NO_SHOW, START, START, lost, 0, by_patient=True) == Due(NO_SHOW, 0, True)
    assert owed(LATE_MOVE, START - MINUTE, START, lost, 0, by_patient=True) is None


@given(st.sampled_from(KINDS), minutes, terms, prices)
def test_what_the_clinic_causes_owes_nothing(
    what: str, left: int, under: Terms, price: int
) -> None:
    assert owed(what, START - left * MINUTE, START, under, price, by_patient=False) is None


@given(st.sampled_from((LATE_CANCEL, LATE_MOVE)), minutes, terms, prices)
def test_nothing_is_due_in_time_and_never_more_later_than_earlier_says(
    what: str, left: int, under: Terms, price: int
) -> None:
    due = owed(what, START - left * MINUTE, START, under, price, by_patient=True)
    if left >= under.notice_min:
        assert due is None
    elif due is not None:
        at_start = owed(what, START, START, under, price, by_patient=True)
        assert due == at_start or under.notice_min == 0
        assert due.amount_minor > 0 or due.session_lost
    else:
        assert not under.late.of(price)


@given(minutes, terms)
def test_patients_change_in_time_always_and_late_only_where_they_may(
    left: int, under: Terms
) -> None:
    may = patient_may_change(START - left * MINUTE, START, under)
    assert may == (left >= under.notice_min or (under.late_online and left > 0))


@given(st.integers(1, 100), prices)
def test_a_share_is_rounded_half_up(share: int, price: int) -> None:
    twice = 2 * 100 * Fee(percent=share).of(price) - 2 * price * share
    assert -100 < twice <= 100
    assert Fee(percent=share).of(price) <= price


@given(terms, st.integers(0, 5000))
def test_terms_are_read_as_they_were_kept(under: Terms, notice: int) -> None:
    assert read(stored(under), notice) == under
    assert not list(faults(under))
    assert in_force({}, notice, stored(under)) == under
    assert in_force(stored(under), notice, None) == under
    assert read({}, notice) == Terms(notice)


def test_terms_that_cannot_be() -> None:
    wrong = Terms(-1, late=Fee(5, 5), no_show=Fee(percent=101), deposit=Fee(minor=-1))
    assert [field for field, *_ in faults(wrong)] == ["notice_min", "late", "no_show", "deposit"]
