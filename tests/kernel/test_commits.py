"""What waits for the commit runs once it is true, and never for what was rolled back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from redis import Redis
from sqlalchemy.orm import Session

from app.kernel import redis as kernel_redis
from app.kernel import telling
from app.kernel.db import once_committed
from app.kernel.telling import tell_redis

DEAD = "redis://127.0.0.1:1/0"
Tell = Callable[[Sequence[str]], None]


def saying(words: list[str]) -> Tell:
    return words.extend


@pytest.mark.proves("SCH-04")
def test_it_runs_after_the_commit_and_once(session: Session) -> None:
    told: list[str] = []
    tell = saying(told)
    for word in ("free", "held", "free"):
        once_committed(session, tell, word)
    session.connection()
    assert told == []
    for _ in range(2):
        session.commit()
        session.connection()
    assert told == ["free", "held"]


def test_a_rollback_forgets_it_and_a_savepoint_does_not_run_it(session: Session) -> None:
    told: list[str] = []
    session.connection()
    tell = saying(told)
    once_committed(session, tell, "never")
    session.rollback()
    session.connection()
    once_committed(session, tell, "later")
    with session.begin_nested():
        once_committed(session, tell, "inside")
    assert told == []
    session.commit()
    assert told == ["later", "inside"]


def test_a_savepoint_that_is_rolled_back_takes_its_own_along(session: Session) -> None:
    told: list[str] = []
    tell = saying(told)
    session.connection()
    once_committed(session, tell, "before")
    savepoint = session.begin_nested()
    once_committed(session, tell, "inside")
    with session.begin_nested():
        once_committed(session, tell, "deep inside")
    savepoint.rollback()
    once_committed(session, tell, "after")
    session.commit()
    assert told == ["before", "after"]


def test_redis_is_told_of_the_commit_in_one_go_each_thing_once(
    session: Session, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling._Installed, "redis", redis)
    session.connection()
    for _ in range(3):
        tell_redis(session, "RPUSH", "told", "a")
    tell_redis(session, "RPUSH", "told", "b")
    assert redis.lrange("told", 0, -1) == []
    session.commit()
    assert redis.lrange("told", 0, -1) == ["a", "b"]


def test_a_dead_redis_stops_no_commit(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_redis, "_courtesy", kernel_redis.Courtesy())
    monkeypatch.setattr(telling._Installed, "redis", kernel_redis.connect(DEAD))
    session.connection()
    tell_redis(session, "PUBLISH", "somewhere", "1")
    session.commit()
