"""Emitting events, and waking the dispatcher once they are committed."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.kernel.db import table_of, write_row
from app.kernel.outbox.models import OutboxEvent
from app.kernel.outbox.registry import Event, at_once_handlers_of
from app.kernel.outbox.waking import wake_up
from app.kernel.telling import tell_redis
from app.lib.ids import uuid7


class _Waker:
    """Where dispatchers listen; nowhere until the composer says."""

    channel: str | None = None


def install_waker(channel: str) -> None:
    """Say where dispatchers are woken after a commit; losing a wake-up only costs a little time."""
    _Waker.channel = channel


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
    if _Waker.channel is not None:
        tell_redis(session, *wake_up(_Waker.channel))
    for handler in at_once_handlers_of(name):
        handler(session, Event(event_id, org_id, name, plain, occurred_at=at, now=at))
    return event_id


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return value


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
