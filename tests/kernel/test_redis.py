"""Redis may die; those who asked it for a courtesy go on."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import pytest
import structlog.testing
from redis.exceptions import ResponseError

from app.kernel import metrics
from app.kernel.redis import Courtesy, connect, healthy

pytestmark = pytest.mark.proves("SCH-09", "OPS-01")


def _misses(operation: str) -> float:
    value = metrics.REGISTRY.get_sample_value(
        "restartix_redis_misses_total", {"operation": operation}
    )
    return value or 0.0


@pytest.fixture
def hanging_url() -> Iterator[str]:
    """A server that accepts and never answers, as behind a broken network."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(20)
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def _dead_url() -> str:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"redis://127.0.0.1:{closed.getsockname()[1]}/0"


def test_a_living_redis_answers(redis_url: str) -> None:
    client = connect(redis_url)
    assert healthy(client)
    assert Courtesy().run("set", lambda: client.set("key", "ș"), miss=None) is True
    assert client.get("key") == "ș"


def test_a_dead_redis_is_a_miss_without_data_in_the_log() -> None:
    client = connect(_dead_url())
    before = _misses("hold_place")
    with structlog.testing.capture_logs() as lines:
        answer = Courtesy().run("hold_place", lambda: client.set("ana@example.ro", "x"), miss=False)
    assert answer is False
    assert not healthy(client)
    assert _misses("hold_place") == before + 1
    (line,) = lines
    assert line["event"] == "redis_miss"
    assert line["operation"] == "hold_place"
    assert "ana@" not in json.dumps(line)


def test_a_hanging_redis_costs_one_time_out_and_not_one_a_call(hanging_url: str) -> None:
    client = connect(hanging_url)
    courtesy = Courtesy(cool_down_seconds=30)
    started = time.monotonic()
    answers = [courtesy.run("get", lambda: client.get("key"), miss=None) for _ in range(50)]
    assert answers == [None] * 50
    assert time.monotonic() - started < 2


def test_it_is_tried_again_after_the_cool_down(redis_url: str) -> None:
    moment = 100.0
    courtesy = Courtesy(1.0, lambda: moment)
    dead, living = connect(_dead_url()), connect(redis_url)
    assert courtesy.run("ping", dead.ping, miss=None) is None
    assert courtesy.run("ping", living.ping, miss=None) is None
    moment = 101.0
    assert courtesy.run("ping", living.ping, miss=None) is True


def test_a_refused_command_is_a_miss_but_no_reason_to_pause(redis_url: str) -> None:
    client = connect(redis_url)
    courtesy = Courtesy()

    def wrong() -> None:
        raise ResponseError("WRONGTYPE")

    assert courtesy.run("wrong", wrong, miss=None) is None
    assert courtesy.run("ping", client.ping, miss=None) is True


def test_our_own_mistakes_are_not_swallowed() -> None:
    with pytest.raises(KeyError):
        Courtesy().run("bug", lambda: {}["missing"], miss=None)
