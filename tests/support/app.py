"""The application under test: as the application role, in an outer transaction that is rolled back.

Every request runs in a savepoint of that transaction, and the scope is set afresh at each of its transactions, so a
leaking scope is seen here as it would be in production.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_library
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.factory import create_app
from app.kernel.db import db
from app.kernel.identity import passwords
from config import Settings
from ops.paths import VAR
from tests.support.clock import FrozenClock
from tests.support.databases import DatabaseUrls, settings_env

# A Wednesday in a week without a clock change; 10:00 in Bucharest.
NOW = dt.datetime(2027, 3, 3, 8, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def clock() -> FrozenClock:
    """The clock of the application; each test starts it at NOW."""
    return FrozenClock(NOW)


@pytest.fixture(autouse=True)
def _start_clock(request: pytest.FixtureRequest) -> None:
    if "clock" in request.fixturenames:
        request.getfixturevalue("clock").set(NOW)


@pytest.fixture(scope="session")
def app(
    database_urls: DatabaseUrls,
    redis_url: str,
    clock: FrozenClock,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Flask]:
    """The composed application, once per test process, with password hashing made cheap."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    folder: Path = tmp_path_factory.mktemp("blobs")
    env = settings_env(database_urls, redis_url) | {"STORAGE": f"disk:{folder}"}
    made = create_app(Settings.from_env(env), clock)
    # Compiled templates outlive the process: a template's source decides whether its bytecode still counts.
    compiled = VAR / "test-templates"
    compiled.mkdir(parents=True, exist_ok=True)
    made.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def connection(app: Flask) -> Iterator[Connection]:
    """One connection with an outer transaction that never commits."""
    with app.app_context():
        engine = db.engine
    with engine.connect() as opened:
        outer = opened.begin()
        yield opened
        if outer.is_active:
            outer.rollback()


@pytest.fixture
def session(app: Flask, connection: Connection) -> Iterator[Session]:
    """The session that test and application share; its commits are savepoints of the outer transaction."""
    factory = db.session.session_factory
    usual, options = factory.class_, dict(factory.kw)
    # Flask-SQLAlchemy chooses an engine by table; here every session stays on the one connection.
    factory.class_ = type("OneConnection", (usual,), {"get_bind": lambda *_, **__: connection})
    factory.configure(join_transaction_mode="create_savepoint")
    with app.app_context():
        yield db.session()
        db.session.remove()
    factory.class_ = usual
    factory.kw.clear()
    factory.kw.update(options)


@pytest.fixture
def redis(redis_url: str) -> Iterator[redis_library.Redis]:
    """An empty Redis database of this test process."""
    client = redis_library.Redis.from_url(redis_url, decode_responses=True)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()
