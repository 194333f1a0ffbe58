"""Guests racing over HTTP against the real server: each time is booked once, none is lost, with Redis and without.

The full numbers (200 guests, 50 times) are printed by tests/bench/bench_race.py.
"""

from __future__ import annotations

import datetime as dt

import pytest

from ops.ports import LOOPBACK, free_port
from ops.supervisor import answers
from tests.support.contests import booked, contested_clinic
from tests.support.live import WEB_SERVER, Live, wait_until
from tests.support.racing import race

GUESTS, TIMES = 14, 4


def assert_fair(live: Live, base_url: str, slug: str) -> None:
    """Race in a clinic of its own and demand that every time went to exactly one guest."""
    now = dt.datetime.now(dt.UTC)
    clinic = live.run(lambda session: contested_clinic(session, slug, TIMES, now))
    result = race(base_url, clinic, GUESTS)
    assert result.broken == []
    assert result.server_errors == 0, result.statuses
    found = live.run(lambda session: booked(session, clinic))
    assert len(set(found.starts)) == len(found.starts) == TIMES
    assert found.overlaps == 0
    assert sorted(result.winners) == found.names  # Who was told so is booked, and nobody else.


@pytest.mark.proves("SCH-04", "SCH-05", "BYD-01")
def test_every_time_goes_to_one_guest(live: Live) -> None:
    assert_fair(live, live.base_url, "race")


@pytest.mark.proves("SCH-05")
def test_without_redis_the_constraint_alone_keeps_it_fair(live_system: Live) -> None:
    port = free_port()
    address = f"http://{LOOPBACK}:{port}"
    dead = f"redis://{LOOPBACK}:{free_port()}/0"
    web = live_system.start(*WEB_SERVER, WEB_PORT=str(port), BASE_URL=address, REDIS_URL=dead)
    wait_until(lambda: answers(f"{address}/healthz"), web)
    assert_fair(live_system, address, "race-without-redis")
    web.stop()
