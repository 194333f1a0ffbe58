"""The live stream: topics of one's own clinic, a heartbeat, an end, and a limit that leaves threads for pages."""

from __future__ import annotations

import socket
import threading
import uuid

import pytest
from redis import Redis

from app.kernel import live as topics
from app.kernel.db import db
from app.web.http import live_stream as live
from tests.factories.cast import Cast
from tests.support.browser_client import BrowserClient, SignIn

LIVE = "/movimento/console/live"


def tell_later(redis: Redis, org_id: uuid.UUID, topic: str, seconds: float = 0.2) -> None:
    threading.Timer(seconds, redis.publish, (topics.channel(org_id), topic)).start()


@pytest.mark.proves("SCH-06")
def test_a_change_of_the_clinic_is_told_and_nobody_elses(redis: Redis) -> None:
    clinic, other = uuid.uuid4(), uuid.uuid4()
    lines = live.stream(redis, clinic, heartbeat=2.0, longest=10.0)
    assert next(lines).startswith("retry:")
    tell_later(redis, other, topics.AVAILABILITY)
    tell_later(redis, clinic, topics.APPOINTMENTS, 0.4)
    told = next(line for line in lines if not line.startswith(":"))
    assert told == "event: appointments\ndata: changed\n\n"
    lines.close()


@pytest.mark.proves("SCH-06")
def test_quiet_streams_breathe_and_end(redis: Redis) -> None:
    lines = list(live.stream(redis, uuid.uuid4(), heartbeat=0.05, longest=0.2))
    assert lines[0].startswith("retry:")
    assert 2 <= len(lines) <= 8
    assert set(lines[1:]) == {": still here\n\n"}


def test_a_stream_ends_quietly_where_redis_is_away() -> None:
    away = Redis.from_url("redis://127.0.0.1:1/0")
    assert len(list(live.stream(away, uuid.uuid4()))) == 1


def test_a_stream_ends_once_its_browser_has_left(redis: Redis) -> None:
    browser, server = socket.socketpair()
    with browser, server:
        gone = live.hung_up(server)
        browser.send(b"more")
        assert not gone()
        server.recv(4)
        assert not gone()
        lines = live.stream(redis, uuid.uuid4(), heartbeat=60.0, gone=gone)
        assert next(lines).startswith("retry:")
        browser.close()
        assert list(lines) == [], "it does not wait for its next heartbeat"
    assert live.hung_up(server)(), "a closed connection is nobody's"
    assert not live.hung_up(None)(), "a server that shows no connection is believed"


def test_an_open_stream_holds_no_database_connection_and_gives_its_place_back(
    signed_in: SignIn, cast: Cast, redis: Redis
) -> None:
    desk = signed_in(cast.ramona)
    answer = desk.open(LIVE, buffered=False)
    assert answer.mimetype == "text/event-stream"
    assert next(answer.iter_encoded()).startswith(b"retry:")
    assert not db.session.registry.has() or not db.session().in_transaction()
    taken = [live.places.acquire(blocking=False) for _ in range(live.MOST_STREAMS)]
    assert taken.count(True) == live.MOST_STREAMS - 1
    refused = desk.get(LIVE)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    answer.close()
    assert live.places.acquire(blocking=False)
    for _ in range(live.MOST_STREAMS):
        live.places.release()


def test_only_staff_of_the_clinic_listen(
    client: BrowserClient, signed_in: SignIn, cast: Cast
) -> None:
    assert client.get(LIVE).status_code == 303
    assert signed_in(cast.bogdan).get(LIVE).status_code == 404
    assert signed_in(cast.petra).get(LIVE).status_code == 404
