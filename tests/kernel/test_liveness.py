"""A connection that died in the pool is never lent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text

from app.kernel.db import liveness
from app.kernel.db.handle import driver_url, engine_options
from tests.support.databases import DatabaseUrls

pytestmark = pytest.mark.proves("OPS-01")


@pytest.fixture
def engine(database_urls: DatabaseUrls) -> Iterator[Engine]:
    made = create_engine(driver_url(database_urls.app), **engine_options(2))
    yield made
    made.dispose()


def _backend(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def test_a_connection_that_is_alive_is_lent_again(engine: Engine):
    assert _backend(engine) == _backend(engine)


def test_what_the_server_has_ended_is_replaced_before_it_is_lent(engine: Engine):
    first = _backend(engine)
    killer = create_engine(engine.url)
    with killer.connect() as other:
        # Answers only once the backend is gone.
        other.execute(text("SELECT pg_terminate_backend(:first, 20000)"), {"first": first})
    killer.dispose()
    assert _backend(engine) != first


def test_what_rested_is_asked_and_only_then(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    asked: list[object] = []
    usual = liveness._ask
    monkeypatch.setattr(liveness, "_ask", lambda one: (asked.append(one), usual(one)))
    monkeypatch.setattr(liveness, "RESTED_SECONDS", 3600)
    first = _backend(engine)
    assert _backend(engine) == first
    assert not asked
    monkeypatch.setattr(liveness, "RESTED_SECONDS", -1)
    assert _backend(engine) == first
    assert len(asked) == 1
