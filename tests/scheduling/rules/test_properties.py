"""What must hold for any hours, busy time and zone, tried on thousands of drawn examples."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.scheduling.rules.availability import Asking, Specialist, availability, decide
from app.scheduling.rules.hours import Mode, Override, Schedule, Window
from app.scheduling.rules.occupancy import Busy, Footprints, Hold, Pool, Resource
from app.scheduling.rules.offer import Count, Horizon, Offer
from app.scheduling.rules.refusals import why
from app.scheduling.rules.walltime import day_start, localised
from tests.scheduling.rules import reference

pytestmark = pytest.mark.proves("SCH-01", "SCH-02", "BYD-01")

# Zones and dates at which the clocks change: whole and half hours, at midnight, both ways.
CHANGES = [
    ("Europe/Bucharest", date(2027, 3, 28)),
    ("Europe/Bucharest", date(2027, 10, 31)),
    ("America/New_York", date(2025, 11, 2)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Pacific/Chatham", date(2027, 4, 4)),
    ("Asia/Beirut", date(2026, 3, 29)),
    ("America/Havana", date(2026, 11, 1)),
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("Asia/Kathmandu", date(2026, 6, 1)),
    ("UTC", date(2026, 6, 1)),
]

clocks = st.integers(0, 24 * 12).map(lambda n: n * 5)
window_lists = st.lists(st.builds(Window.of, clocks, clocks), max_size=3).map(tuple)
modes = st.sampled_from([Mode.REPLACE, Mode.REPLACE, Mode.ADD])
buffers = st.sampled_from([0, 0, 5, 10, 25])


@st.composite
def situations(draw: st.DrawFn) -> tuple[Offer, Specialist, tuple[int, int], Asking]:
    tz, change = draw(st.sampled_from(CHANGES))
    first = change.toordinal() - draw(st.integers(0, 2))
    span = day_start(tz, first), day_start(tz, first + draw(st.integers(1, 3)))
    week = draw(
        st.one_of(
            st.tuples(*[window_lists] * 7),
            st.just(((Window(0, 1440),),) * 7),
        )
    )
    days = [change + timedelta(days=n) for n in range(-3, 4)]
    overrides = draw(
        st.dictionaries(st.sampled_from(days), st.builds(Override, modes, window_lists), max_size=3)
    )
    near = st.integers(span[0] - 300, span[1] + 300)
    busy = draw(
        st.lists(
            st.builds(
                lambda at, length, before, after, kind: Busy(at, at + length, before, after, kind),
                near,
                st.integers(1, 200),
                buffers,
                buffers,
                st.sampled_from(["visit", "leave"]),
            ),
            max_size=6,
        )
    )
    now_s = draw(st.sampled_from([0, span[0] * 60 - 3601, span[0] * 60 + 12345]))
    holds = draw(
        st.lists(
            st.builds(
                lambda at, length, left, owner: Hold(at, at + length, 5, 0, now_s + left, owner),
                near,
                st.integers(1, 90),
                st.sampled_from([-1, 0, 1]),
                st.sampled_from(["me", "you"]),
            ),
            max_size=2,
        )
    )
    offer = Offer(
        draw(st.sampled_from([5, 20, 45, 60, 90])),
        draw(st.sampled_from([5, 15, 20, 45, 60, 300])),
        draw(buffers),
        draw(buffers),
        buffers_inside_hours=draw(st.booleans()),
        min_notice_min=draw(st.sampled_from([0, 61])),
        horizon=draw(st.sampled_from([None, Horizon(1), Horizon(2, Count.BUSINESS)]))
        if now_s
        else None,
        cooldown_min=draw(st.sampled_from([0, 0, 15])),
        max_per_day=draw(st.sampled_from([None, None, 0, 1, 2])),
    )
    who = Specialist("ana", (Schedule(tz, week, overrides),), busy, holds)
    return offer, who, span, Asking(now_s, draw(st.sampled_from([None, "me"])))


few = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@few
@given(situations())
def test_agrees_with_the_minute_by_minute_reference(situation) -> None:
    offer, who, span, asking = situation
    found = availability(offer, [who], span, asking).starts()
    assert found == reference.free_starts(offer, who, span, asking)


@few
@given(situations(), st.integers(0, 10_000))
def test_the_list_is_the_same_when_the_range_is_split(situation, cut: int) -> None:
    offer, who, (start, end), asking = situation
    middle = start + cut % (end - start)
    whole = availability(offer, [who], (start, end), asking).starts()
    left = availability(offer, [who], (start, middle), asking).starts()
    right = availability(offer, [who], (middle, end), asking).starts()
    assert left + right == whole


@few
@given(situations(), st.data())
def test_a_start_is_accepted_if_and_only_if_it_is_listed_and_then_has_no_refusal(
    situation, data: st.DataObject
) -> None:
    offer, who, span, asking = situation
    listed = set(availability(offer, [who], span, asking).starts())
    drawn = data.draw(st.lists(st.integers(span[0], span[1] - 1), min_size=5, max_size=5))
    on_fives = [start - start % 5 for start in drawn if start - start % 5 >= span[0]]
    for start in {*drawn, *on_fives, *sorted(listed)[:8]}:
        accepted = decide(offer, [who], start, asking) == ("ana",)
        assert accepted == (start in listed)
        assert (why(offer, who, start, asking) == ()) == accepted


@few
@given(situations())
def test_busy_time_removes_starts_and_never_moves_one(situation) -> None:
    offer, who, span, asking = situation
    idle = replace(who, busy=(), holds=())
    assert set(availability(offer, [who], span, asking).starts()) <= set(
        availability(offer, [idle], span, asking).starts()
    )


@few
@given(situations(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(situation, chance) -> None:
    offer, who, span, asking = situation
    busy, holds = list(who.busy), list(who.holds)
    chance.shuffle(busy)
    chance.shuffle(holds)
    other = replace(who, busy=busy, holds=holds)
    assert (
        availability(offer, [other], span, asking).starts()
        == availability(offer, [who], span, asking).starts()
    )


@few
@given(st.lists(situations(), min_size=2, max_size=4))
def test_several_specialists_give_the_union_and_who_is_free_at_each_start(drawn) -> None:
    offer, _who, span, asking = drawn[0]
    team = [replace(one[1], id=str(n)) for n, one in enumerate(drawn)]
    together = availability(offer, team, span, asking)
    alone = {one.id: availability(offer, [one], span, asking).starts() for one in team}
    assert together.starts() == sorted({start for starts in alone.values() for start in starts})
    assert all(together.starts_of(id_) == starts for id_, starts in alone.items())
    for start in together.starts()[:20]:
        assert together.free_at(start) == tuple(
            id_ for id_, starts in alone.items() if start in starts
        )


def _bare(who: Specialist) -> Specialist:
    """The same taken time without its rows."""
    spans = sorted((row.start - row.before, row.end + row.after) for row in who.busy)
    taken = Footprints.of([start for start, _ in spans], [end for _, end in spans])
    return replace(who, busy=(), footprints=taken)


@few
@given(situations(), st.integers(0, 3))
def test_footprints_give_the_starts_that_their_rows_give(situation, shift: int) -> None:
    offer, who, span, asking = situation
    plain = replace(offer, cooldown_min=0, max_per_day=None)
    busy = [row._replace(start=row.start + shift, end=row.end + shift) for row in who.busy]
    moved = replace(who, busy=busy)
    rows = availability(plain, [moved], span, asking)
    assert availability(plain, [_bare(moved)], span, asking) == rows
    room = Resource("room", busy)
    [bare] = [Resource("room", footprints=_bare(moved).footprints)]
    idle, pools = (
        [replace(who, busy=(), holds=())],
        ([Pool("room", (room,))], [Pool("room", (bare,))]),
    )
    assert len({tuple(availability(plain, idle, span, asking, one).starts()) for one in pools}) == 1


@few
@given(st.lists(situations(), min_size=1, max_size=4))
def test_crews_are_the_starts_with_who_is_free_at_each(drawn) -> None:
    offer, _who, span, asking = drawn[0]
    team = [replace(one[1], id=str(n)) for n, one in enumerate(drawn)]
    found = availability(offer, team, span, asking)
    assert list(found.crews([one.id for one in team])) == [
        (start, found.free_at(start)) for start in found.starts()
    ]
    some = next(iter(found.free.values()), b"")
    if any(some):  # One start fewer, of one specialist: another mark; the same again: the same.
        name, cells = next(iter(found.free.items()))
        fewer = bytearray(cells)
        fewer[cells.index(1)] = 0
        assert replace(found, free={**found.free, name: fewer}).mark() != found.mark()
    assert availability(offer, team, span, asking).mark() == found.mark()


def test_rules_that_need_rows_refuse_footprints() -> None:
    """Nothing is silently offered or left unsaid where only footprints were read."""
    week = ((Window(540, 1020),),) * 7
    taken = Footprints.of([600], [660])
    who = Specialist("ana", (Schedule("UTC", week),), footprints=taken)
    for offer in (
        Offer(30, 15, cooldown_min=5),
        Offer(30, 15, max_per_day=3),
        Offer(30, 15, capacity=2),
    ):
        with pytest.raises(ValueError, match="rows of taken time"):
            availability(offer, [who], (0, 1440), Asking(0))
    with pytest.raises(ValueError, match="rows of taken time"):
        why(Offer(30, 15), who, 600, Asking(0))


@few
@given(
    st.sampled_from(["Europe/Bucharest", "America/New_York", "Australia/Lord_Howe"]),
    st.integers(4, 20).map(lambda hour: hour * 60),
    st.integers(1, 4).map(lambda hours: hours * 60),
    st.integers(0, 6),
)
def test_every_week_offers_the_same_wall_clock_times(tz, start, length, weekday) -> None:
    week = tuple((Window.of(start, start + length),) if n == weekday else () for n in range(7))
    who = Specialist("ana", (Schedule(tz, week),))
    first = date(2027, 1, 4).toordinal()
    span = day_start(tz, first), day_start(tz, first + 7 * 60)
    found = availability(Offer(30, 15), [who], span, Asking(0)).starts()
    by_week: dict[int, list[str]] = {}
    for at in found:
        local = localised(tz, at)
        by_week.setdefault((local.toordinal() - first) // 7, []).append(f"{local:%a %H:%M}")
    assert len(by_week) == 60
    assert all(times == by_week[0] for times in by_week.values())
