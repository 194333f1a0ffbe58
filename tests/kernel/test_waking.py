"""Dispatchers are woken at once where Redis is there, and by the clock where it is not."""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest
from redis import Redis

from app.kernel import redis as kernel_redis
from app.kernel.outbox.waking import Alarm, channel, wake_up

pytestmark = pytest.mark.proves("KRN-06")
DEAD = "redis://127.0.0.1:1/0"
LONG = 20.0


@pytest.fixture
def alarm(redis_url: str) -> Alarm:
    return Alarm(kernel_redis.connect(redis_url), threading.Event())


def _slept(alarm: Alarm, seconds: float) -> float:
    started = time.monotonic()
    alarm.sleep(seconds)
    return time.monotonic() - started


def _wake(redis: Redis) -> None:
    redis.execute_command(*wake_up(channel(redis)))


def _when_it_listens(redis: Redis, act: object) -> threading.Thread:
    """Call `act` once somebody has subscribed."""

    def wait() -> None:
        while not dict(redis.pubsub_numsub(channel(redis))).get(channel(redis)):
            time.sleep(0.01)
        assert callable(act)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_wake_up_ends_the_sleep(redis: Redis, alarm: Alarm) -> None:
    thread = _when_it_listens(redis, partial(_wake, redis))
    assert _slept(alarm, LONG) < LONG / 2
    thread.join()
    alarm.close()


def test_several_wake_ups_count_as_one(redis: Redis, alarm: Alarm) -> None:
    def thrice() -> None:
        for _ in range(3):
            _wake(redis)

    thread = _when_it_listens(redis, thrice)
    alarm.sleep(LONG)
    thread.join()
    # Whatever of the three came late is taken by this short sleep; then nothing is left.
    alarm.sleep(0.2)
    assert _slept(alarm, 0.3) >= 0.29
    alarm.close()


def test_asked_to_end_it_wakes(redis_url: str) -> None:
    stop = threading.Event()
    alarm = Alarm(kernel_redis.connect(redis_url), stop)
    threading.Timer(0.1, stop.set).start()
    assert _slept(alarm, LONG) < LONG / 2
    alarm.close()


def test_without_redis_it_sleeps_by_the_clock_and_ends_when_asked() -> None:
    stop = threading.Event()
    alarm = Alarm(kernel_redis.connect(DEAD), stop)
    assert 0.25 <= _slept(alarm, 0.25) < LONG / 2
    threading.Timer(0.1, stop.set).start()
    assert _slept(alarm, LONG) < LONG / 2


def test_another_database_of_the_server_wakes_nobody(redis: Redis, alarm: Alarm) -> None:
    there = redis.connection_pool.connection_kwargs
    with Redis(host=there["host"], port=there["port"], db=0) as neighbour:
        thread = _when_it_listens(redis, partial(_wake, neighbour))
        assert _slept(alarm, 0.4) >= 0.39
        thread.join()
    alarm.close()
