"""What waits for the commit runs once it is true, and never for what was rolled back."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.kernel.db import once_committed


@pytest.mark.proves("SCH-04")
def test_it_runs_after_the_commit_and_once(session: Session) -> None:
    told: list[str] = []
    once_committed(session, lambda: told.append("free"))
    session.connection()
    assert told == []
    for _ in range(2):
        session.commit()
        session.connection()
    assert told == ["free"]


def test_a_rollback_forgets_it_and_a_savepoint_does_not_run_it(session: Session) -> None:
    told: list[str] = []
    session.connection()
    once_committed(session, lambda: told.append("never"))
    session.rollback()
    session.connection()
    once_committed(session, lambda: told.append("later"))
    with session.begin_nested():
        pass
    assert told == []
    session.commit()
    assert told == ["later"]
