"""Emitting events, and waking the dispatcher once they are committed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.kernel.db import table_of, write_row
from app.kernel.outbox.models import OutboxEvent
from app.kernel.outbox.registry import Event, at_once_handlers_of
from app.lib.ids import uuid7


class _Waker:
    """How a dispatcher is woken; nothing until the composer says."""

    wake: Callable[[], None] | None = None


def install_waker(wake: Callable[[], None]) -> None:
    """Say how a dispatcher is woken after a commit; losing a wake-up only costs a little time."""
    _Waker.wake = staticmethod(wake)


_EVENTS = table_of(OutboxEvent)


def emit(
    session: Session,
    org_id: uuid.UUID,
    name: str,
    payload: dict[str, Any],
    *,
    at: dt.datetime,
    available_at: dt.datetime | None = None,
) -> uuid.UUID:
    """Write an event into the caller's transaction; it exists if and only if that commits.

    `available_at` delays it (undo grace, reminders). Payload values are made JSON-safe text for ids and times.
    """
    event_id = uuid7()
    plain = {key: _plain(value) for key, value in payload.items()}
    write_row(
        session,
        _EVENTS,
        {
            "org_id": org_id,
            "id": event_id,
            "name": name,
            "payload": plain,
            "created_at": at,
            "available_at": available_at or at,
        },
    )
    session.info["outbox_pending"] = True
    for handler in at_once_handlers_of(name):
        handler(session, Event(event_id, org_id, name, plain, occurred_at=at, now=at))
    return event_id


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return value


@sqlalchemy_event.listens_for(Session, "after_commit")
def _wake_after_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return  # A savepoint was released; the events are not to be seen yet.
    if session.info.pop("outbox_pending", False) and _Waker.wake is not None:
        _Waker.wake()


@sqlalchemy_event.listens_for(Session, "after_rollback")
def _forget_after_rollback(session: Session) -> None:
    session.info.pop("outbox_pending", None)


def settle_past(session: Session, org_id: uuid.UUID, before: dt.datetime) -> int:
    """Mark events older than `before` as handled: history that is imported and that nobody is told of now."""
    settled = session.execute(
        update(OutboxEvent)
        .where(
            OutboxEvent.org_id == org_id,
            OutboxEvent.available_at < before,
            OutboxEvent.done_at.is_(None),
        )
        .values(done_at=OutboxEvent.available_at)
        .returning(OutboxEvent.id)
    )
    return len(settled.all())
