"""What waits for the commit: told to others only once it is true, forgotten when it is rolled back."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.orm import Session

_WAITING = "once_committed"


def once_committed(session: Session, action: Callable[[], None]) -> None:
    """Run `action` after the commit of the whole transaction. What it fails in must be a courtesy."""
    session.info.setdefault(_WAITING, []).append(action)


@event.listens_for(Session, "after_commit")
def _run(session: Session) -> None:
    if session.in_nested_transaction():
        return  # A savepoint was released; nothing is true yet.
    for action in session.info.pop(_WAITING, ()):
        action()


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_WAITING, None)
