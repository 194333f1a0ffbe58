"""Who takes the visit: order of the rules, stored reasons, and fairness over months."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scheduling.rules.assignment import (
    NobodyFree,
    Ranking,
    Strategy,
    Why,
    Wish,
    assign,
    continuity_starts,
)
from app.scheduling.rules.availability import availability
from app.scheduling.rules.fairness import (
    Member,
    Outcome,
    Standing,
    Turn,
    counts,
    shortfalls,
    standings,
)
from tests.scheduling.rules.building import HOURLY, LONG_AGO, at, person, schedule

pytestmark = pytest.mark.proves("SCH-03")

ALL = frozenset({"a", "b", "c"})


def standing(id_: str, had: int = 0, **figures: object) -> Standing:
    return replace(Standing(id_, 100, 0, had, 0.0, None), **figures)


def test_the_patients_choice_beats_everything_or_is_refused() -> None:
    team = [standing("a"), standing("b", 500)]
    chosen = assign(Strategy.PRIORITY, team, ALL, "k", Wish(chosen="b", usual="a"))
    assert (chosen.chosen, chosen.why) == ("b", Why.CHOSEN_BY_PATIENT)
    with pytest.raises(NobodyFree, match="chosen"):
        assign(Strategy.PATIENT_CHOICE, team, {"a"}, "k", Wish(chosen="b"))


@pytest.mark.proves("BYD-03")
def test_the_usual_specialist_comes_before_the_turn_and_only_if_free() -> None:
    team = [standing("a"), standing("b", 500), standing("c", 600)]
    usual = assign(Strategy.ROUND_ROBIN, team, ALL, "k", Wish(usual="b"))
    assert (usual.chosen, usual.why) == ("b", Why.CONTINUITY)
    busy = assign(Strategy.ROUND_ROBIN, team, {"a", "c"}, "k", Wish(usual="b"))
    assert (busy.chosen, busy.why) == ("a", Why.LARGEST_SHORTFALL)


@pytest.mark.proves("BYD-03")
def test_continuity_offers_the_usual_specialists_starts_of_the_next_days() -> None:
    ana = person(schedule("UTC", {"mon": "09:00-11:00"}))
    found = availability(HOURLY, [ana], (at("2026-06-01"), at("2026-07-01")), LONG_AGO)
    soon = continuity_starts(found, "ana", at("2026-06-02"), 7)
    assert soon == [at("2026-06-08T09:00"), at("2026-06-08T10:00")]
    assert continuity_starts(found, "ana", at("2026-06-02"), 5) == []
    assert continuity_starts(found, "bob", at("2026-06-02"), 50) == []


def test_priority_is_highest_first_then_the_longest_waiting() -> None:
    low = standing("a", priority=0, last_given=1)
    first, second = standing("b", priority=3, last_given=5), standing("c", priority=3, last_given=9)
    decision = assign(Strategy.PRIORITY, [low, second, first], ALL, "k")
    assert (decision.chosen, decision.why) == ("b", Why.LONGEST_WAITING)
    alone = assign(Strategy.PRIORITY, [low, standing("b", priority=1)], ALL, "k")
    assert (alone.chosen, alone.why) == ("b", Why.PRIORITY)
    never = assign(Strategy.PRIORITY, [first, standing("c", priority=3)], ALL, "k")
    assert never.chosen == "c"


def test_a_turn_is_weighed_by_capacity_in_minutes_not_by_heads() -> None:
    team = [standing("a", 600, capacity_min=2400), standing("b", 400, capacity_min=1200)]
    decision = assign(Strategy.ROUND_ROBIN, team, ALL, "k")
    assert (decision.chosen, decision.why) == ("a", Why.LARGEST_SHORTFALL)
    assert shortfalls(team) == {"a": pytest.approx(66.666667), "b": pytest.approx(-66.666667)}


def test_a_full_tie_is_settled_by_the_visit_and_not_by_the_order_of_rows() -> None:
    team = [standing(id_) for id_ in ("a", "b", "c")]
    picks = set()
    for n in range(60):
        decision = assign(Strategy.ROUND_ROBIN, team, ALL, f"calendar-{n}")
        turned = assign(Strategy.ROUND_ROBIN, team[::-1], ALL, f"calendar-{n}")
        assert decision.chosen == turned.chosen
        assert decision.why is Why.TIE
        picks.add(decision.chosen)
    assert picks == ALL


def test_a_decision_is_stored_with_every_candidates_figures() -> None:
    decision = assign(Strategy.ROUND_ROBIN, [standing("a", 30), standing("b", 60)], {"b"}, "k")
    record = json.loads(json.dumps(decision.record()))
    assert record["chosen"] == "b"
    assert record["why"] == "only_one_free"
    assert [(one["id"], one["free"], one["had_min"]) for one in record["candidates"]] == [
        ("a", False, 30),
        ("b", True, 60),
    ]


def test_nobody_free_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(NobodyFree, match="nobody"):
        assign(Strategy.ROUND_ROBIN, [standing("a")], set(), "k")


def test_members_without_capacity_can_still_be_the_only_one_free() -> None:
    nobody_works = [standing("a", capacity_min=0), standing("b", 10, capacity_min=0)]
    assert assign(Strategy.ROUND_ROBIN, nobody_works, ALL, "k").chosen == "a"


# --- fairness -------------------------------------------------------------------------


def test_cancelled_in_time_gives_the_turn_back_and_a_no_show_does_not() -> None:
    kept = [outcome for outcome in Outcome if counts(Turn("a", 5, 30, outcome))]
    assert kept == [Outcome.STANDS, Outcome.CANCELLED_LATE, Outcome.NO_SHOW]
    turns = [Turn("a", 5, 30, outcome) for outcome in Outcome] + [Turn("a", 99, 30)]
    (had,) = standings([Member("a", 100)], turns, (0, 50))
    assert (had.had_min, had.last_given) == (90, 5)


def test_credit_is_what_present_colleagues_had_for_their_capacity() -> None:
    away = Member("a", 50, absent=((10, 20),))
    part = Member("b", 100, absent=((15, 40),))
    full = Member("c", 100)
    turns = [Turn("b", 12, 60), Turn("c", 12, 40), Turn("c", 17, 30), Turn("c", 25, 500)]
    a, b, c = standings([away, part, full], turns, (0, 30))
    assert a.credit_min == 50 * (100 / 200) + 50 * (30 / 100)
    assert b.credit_min == 100 * (30 / 100) + 100 * 500 / 150
    assert c.credit_min == 0


def simulate(members: list[Member], seed: int, visits: int = 900) -> dict[str, list[int]]:
    """Minutes given to each member in each third of the time."""
    chance = random.Random(seed)
    turns: list[Turn] = []
    given = {member.id: [0, 0, 0] for member in members}
    for now in range(visits):
        present = {
            member.id
            for member in members
            if not any(start <= now < end for start, end in member.absent)
        }
        free = {id_ for id_ in sorted(present) if chance.random() < 0.8} or present
        decision = assign(Strategy.ROUND_ROBIN, standings(members, turns, (0, now)), free, str(now))
        outcome = Outcome.CANCELLED_IN_TIME if chance.random() < 0.15 else Outcome.STANDS
        minutes = chance.choice([30, 60])
        turns.append(Turn(decision.chosen, now, minutes, outcome))
        if outcome is Outcome.STANDS:
            given[decision.chosen][now * 3 // visits] += minutes
    return given


@pytest.mark.parametrize("seed", range(3))
def test_minutes_follow_capacity_under_cancellation(seed: int) -> None:
    team = [Member("a", 2400), Member("b", 1200), Member("c", 1200)]
    given = {id_: sum(minutes) for id_, minutes in simulate(team, seed, 450).items()}
    total = sum(given.values())
    assert given["a"] / total == pytest.approx(0.5, abs=0.03)
    assert given["b"] / total == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("seed", range(2))
def test_whoever_returns_or_joins_is_neither_flooded_nor_starved(seed: int) -> None:
    team = [
        Member("a", 1000),
        Member("back", 1000, absent=((150, 300),)),
        Member("new", 1000, absent=((0, 150),)),
    ]
    given = simulate(team, seed, 450)
    last = {id_: minutes[2] for id_, minutes in given.items()}
    share = sum(last.values()) / 3
    assert all(minutes == pytest.approx(share, rel=0.12) for minutes in last.values())


STANDINGS = st.lists(
    st.tuples(st.sampled_from((0, 45, 90)), st.integers(0, 1), st.none() | st.integers(0, 2)),
    min_size=1,
    max_size=6,
)


@given(STANDINGS, st.sampled_from(Strategy), st.text(max_size=4), st.integers(1, 6), st.data())
def test_a_ranking_is_the_choice_made_again_and_again(
    figures: list[tuple[int, int, int | None]],
    strategy: Strategy,
    key: str,
    count: int,
    data: st.DataObject,
) -> None:
    everybody = [
        standing(f"s{number}", had, priority=priority, last_given=last)
        for number, (had, priority, last) in enumerate(figures)
    ]
    names = [one.id for one in everybody]
    free = data.draw(st.sets(st.sampled_from(names), min_size=1))
    chosen, rest = [], set(free)
    while rest and len(chosen) < count:
        picked = assign(strategy, everybody, rest, key)
        chosen.append((picked.chosen, picked.why))
        rest.discard(picked.chosen)
    assert Ranking.of(strategy, everybody).first(free, key, count) == chosen
