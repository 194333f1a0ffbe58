"""Running the outbox inside a test's own transaction, as the worker would after the commit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection
from sqlalchemy.orm import Session, sessionmaker

from app.kernel.outbox.dispatch import drain
from app.kernel.outbox.listeners import load_listeners
from app.kernel.tenancy.scope import NOBODY, enter
from tests.support.clock import FrozenClock

DrainOutbox = Callable[[], int]


@pytest.fixture(scope="session")
def _listeners() -> None:
    load_listeners()


@pytest.fixture
def test_sessions(connection: Connection) -> sessionmaker[Session]:
    """Further sessions of the test's transaction; their commits are savepoints, as those of `session` are."""
    return sessionmaker(
        connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
    )


@pytest.fixture
def drain_outbox(
    session: Session,
    test_sessions: sessionmaker[Session],
    clock: FrozenClock,
    _listeners: None,
) -> DrainOutbox:
    """`drain_outbox()` handles every event that is due on the test's clock; returns how many were claimed."""

    def run() -> int:
        session.commit()
        enter(session, NOBODY)
        handled = drain(test_sessions, clock)
        session.expire_all()
        return handled

    return run
