"""What waits for the commit: told to others only once it is true, forgotten when it is rolled back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

_WAITING, _AT_SAVEPOINT = "once_committed", "once_committed_at_savepoint"
# What does it, and what it gets: a dict, since it keeps the order and each of them once.
Waiting = dict[tuple[Callable[[Sequence[Any]], None], Any], None]


def once_committed(session: Session, tell: Callable[[Sequence[Any]], None], item: Any) -> None:
    """After the commit of the whole transaction `tell` gets the items asked for with it, in their order, each once.

    What it fails in must be a courtesy. A savepoint that is rolled back takes along what was asked for inside it.
    """
    waiting: Waiting = session.info.setdefault(_WAITING, {})
    waiting[tell, item] = None


@event.listens_for(Session, "after_commit")
def _run(session: Session) -> None:
    if session.in_nested_transaction():
        return  # A savepoint was released; nothing is true yet.
    waiting: Waiting = session.info.pop(_WAITING, {})
    for tell in dict.fromkeys(tell for tell, _item in waiting):
        tell([item for other, item in waiting if other == tell])


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    savepoint = session.get_nested_transaction()
    if savepoint is None:
        session.info.pop(_WAITING, None)
    else:
        session.info[_WAITING] = session.info[_AT_SAVEPOINT][savepoint]


@event.listens_for(Session, "after_transaction_create")
def _remember(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        before: Waiting = session.info.get(_WAITING, {})
        session.info.setdefault(_AT_SAVEPOINT, {})[transaction] = dict(before)


@event.listens_for(Session, "after_transaction_end")
def _end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        del session.info[_AT_SAVEPOINT][transaction]
