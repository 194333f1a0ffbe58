"""Holds: one footprint, one browser; their own never stands in their way; all of it ends by itself."""

from __future__ import annotations

import datetime as dt
import time
import uuid

import pytest
from redis import Redis
from sqlalchemy.orm import Session

from app.kernel import redis as patience
from app.scheduling import just_taken
from app.scheduling.hold_log.stream import STREAM, Asked
from app.scheduling.holds import LIFE, QUOTA, Footprint, Holds, Kept, Outcome
from tests.support.app import NOW

ROOM = 7


@pytest.fixture
def holds(redis: Redis) -> Holds:
    return Holds(redis, uuid.UUID(int=1))


def span(start: int, minutes: int = 60, *resources: int) -> Footprint:
    return Footprint(resources or (1,), start, start + minutes)


def owners(holds: Holds, resource: int = 1, now: dt.datetime = NOW) -> list[tuple[int, str]]:
    return sorted((hold.start, hold.owner) for hold in holds.of([resource], now)[resource])


@pytest.mark.proves("SCH-04")
def test_overlapping_time_is_held_once(holds: Holds) -> None:
    assert holds.place(span(0), "ana", NOW).outcome is Outcome.HELD
    assert holds.place(span(30), "dan", NOW).outcome is Outcome.TAKEN
    assert holds.place(span(60), "dan", NOW).outcome is Outcome.HELD
    assert owners(holds) == [(0, "ana"), (60, "dan")]


@pytest.mark.proves("SCH-04")
def test_a_room_that_is_held_blocks_the_whole_footprint(holds: Holds) -> None:
    assert holds.place(span(0, 60, 1, ROOM), "ana", NOW).outcome is Outcome.HELD
    assert holds.place(span(0, 60, 2, ROOM), "dan", NOW).outcome is Outcome.TAKEN
    assert owners(holds, 2) == []


@pytest.mark.proves("SCH-09")
def test_choosing_again_replaces_ones_own_hold(holds: Holds) -> None:
    holds.place(span(0), "ana", NOW)
    for _ in range(QUOTA + 1):
        assert holds.place(span(15), "ana", NOW).outcome is Outcome.HELD
    assert owners(holds) == [(15, "ana")]


@pytest.mark.proves("SCH-09")
def test_quota_of_a_browser_and_its_oldest_hold(holds: Holds) -> None:
    for number in range(QUOTA):
        moment = NOW + dt.timedelta(seconds=number)
        assert holds.place(span(number * 60), "ana", moment).outcome is Outcome.HELD
    late = NOW + dt.timedelta(seconds=QUOTA)
    assert holds.place(span(600), "ana", late).outcome is Outcome.OVER_QUOTA
    holds.release_oldest("ana", NOW)
    assert holds.place(span(600), "ana", late).outcome is Outcome.HELD
    assert [start for start, _ in owners(holds, now=late)] == [60, 120, 600]


@pytest.mark.proves("SCH-09")
def test_a_hold_is_extended_even_at_the_quota(holds: Holds) -> None:
    kept = [holds.place(span(number * 60), "ana", NOW) for number in range(QUOTA)]
    later = NOW + LIFE / 2
    again = holds.place(span(0), "ana", later, token=kept[0].token)
    assert again.expires_at == later + LIFE
    assert [start for start, _ in owners(holds, now=NOW + LIFE)] == [0]


@pytest.mark.proves("SCH-04")
def test_a_hold_ends_by_itself_and_by_release(holds: Holds) -> None:
    first = holds.place(span(0), "ana", NOW)
    holds.release(first.token, "ana", NOW)
    holds.release(first.token, "ana", NOW)
    assert holds.place(span(0), "dan", NOW).outcome is Outcome.HELD
    assert owners(holds, now=NOW + LIFE) == []
    assert holds.place(span(0), "ana", NOW + LIFE).outcome is Outcome.HELD


def test_a_short_hold_does_not_take_a_long_one_along(holds: Holds, redis: Redis) -> None:
    holds.place(span(0), "ana", NOW, dt.timedelta(hours=1))
    holds.place(span(60), "dan", NOW, dt.timedelta(minutes=1))
    assert redis.pttl(f"holds:{uuid.UUID(int=1)}:1") > 3_000_000
    assert owners(holds, now=NOW + dt.timedelta(minutes=2)) == [(0, "ana")]


def first_of(holds: Holds, client: str, *resources: int, start: int = 0) -> Kept:
    asked = Asked("online", uuid.UUID(int=5), NOW)
    return holds.place_first(span(start, 60, *resources), client, NOW, asked)


@pytest.mark.proves("SCH-03", "SCH-04")
def test_the_first_who_has_the_time_is_kept(holds: Holds, redis: Redis, session: Session) -> None:
    assert first_of(holds, "ana", 3, 1, 2).resources == (3,)
    assert first_of(holds, "dan", 3, 1, 2).resources == (1,)
    just_taken.tell_taken(session, uuid.UUID(int=1), 2, 30, 90)
    session.commit()
    assert first_of(holds, "eva", 3, 1, 2).outcome is Outcome.TAKEN
    assert redis.xrevrange(STREAM, count=1)[0][1]["w"] == "refused"
    assert first_of(holds, "eva", 2, start=90).resources == (2,)
    just_taken.tell_free(session, uuid.UUID(int=1), 2, 30, 90)
    session.commit()
    assert first_of(holds, "ion", 3, 1, 2).resources == (2,)
    assert owners(holds, 3) == [(0, "ana")]
    # Who chooses again leaves the time that they had.
    assert first_of(holds, "ana", 4, start=30).resources == (4,)
    assert first_of(holds, "ana", 3, start=0).resources == (3,)


def test_what_was_taken_is_forgotten(
    holds: Holds, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(just_taken, "LIFE", dt.timedelta(milliseconds=1))
    just_taken.tell_taken(session, uuid.UUID(int=1), 1, 0, 60)
    session.commit()
    until_forgotten = time.monotonic() + 10
    while first_of(holds, "ana", 1).outcome is not Outcome.HELD:
        assert time.monotonic() < until_forgotten
        time.sleep(0.005)


@pytest.mark.proves("SCH-09")
def test_a_quota_counts_for_the_first_of_several_too(holds: Holds) -> None:
    for number in range(QUOTA):
        assert first_of(holds, "ana", 1, 2, start=number * 60).resources == (1,)
    assert first_of(holds, "ana", 1, 2, start=600).outcome is Outcome.OVER_QUOTA


@pytest.mark.proves("SCH-04", "BYD-01")
def test_without_redis_nothing_is_held_and_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    # Of its own: the shared one would skip Redis in the tests of the next second.
    monkeypatch.setattr(patience, "_courtesy", patience.Courtesy())
    gone = Holds(Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2), uuid.UUID(int=1))
    assert gone.place(span(0), "ana", NOW).outcome is Outcome.UNAVAILABLE
    assert first_of(gone, "ana", 1).outcome is Outcome.UNAVAILABLE
    gone.release("token", "ana", NOW)
    gone.release_oldest("ana", NOW)
    assert gone.of([1], NOW) == {}
