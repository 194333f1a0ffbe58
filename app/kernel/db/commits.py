"""What waits for the commit: told to others only once it is true, forgotten when it is rolled back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from sqlalchemy import event
from sqlalchemy.orm import Session

_WAITING = "once_committed"
Action = TypeVar("Action", bound=Callable[[], None])


def once_committed(session: Session, make: Callable[[], Action]) -> Action:
    """What runs after the commit of the whole transaction: made once for it, the same for all who ask.

    What it fails in must be a courtesy.
    """
    waiting = session.info.setdefault(_WAITING, {})
    if make not in waiting:
        waiting[make] = make()
    return cast(Action, waiting[make])


@event.listens_for(Session, "after_commit")
def _run(session: Session) -> None:
    if session.in_nested_transaction():
        return  # A savepoint was released; nothing is true yet.
    for action in session.info.pop(_WAITING, {}).values():
        action()


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_WAITING, None)
