"""Counting what a page asks the database: every statement, the ones that set the scope too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import pytest
from flask import Flask, has_request_context
from sqlalchemy import event

from app.kernel.db import db

MOST = 12  # A page asks at most so often (issue A).
_BOOKKEEPING = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")


@dataclass
class Counted:
    """The statements of a block, in order."""

    statements: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.statements)


CountQueries = Callable[[], AbstractContextManager[Counted]]


@pytest.fixture
def count_queries(app: Flask) -> CountQueries:
    """`with count_queries() as asked: client.get(...)`, then `asked.count` and `asked.statements`."""
    with app.app_context():
        engine = db.engine

    @contextmanager
    def count() -> Iterator[Counted]:
        counted = Counted()

        def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            # Savepoints belong to the test's outer transaction, and what runs between requests to the test.
            if has_request_context() and not statement.startswith(_BOOKKEEPING):
                counted.statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield counted
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return count
