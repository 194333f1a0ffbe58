"""Who listens to which event."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Event:
    """An event as a subscriber sees it: ids in the payload, never contact or health data.

    `now` is the instant of handling. `attempt` counts from 1; more than 1 says that an earlier try failed, or was
    killed at an unknown point: what it did to our database is gone, what it did outside may not be.
    """

    id: uuid.UUID
    org_id: uuid.UUID
    name: str
    payload: dict[str, Any]
    occurred_at: dt.datetime
    now: dt.datetime
    attempt: int = 1

    def uuid(self, key: str) -> uuid.UUID:
        """A payload entry as an identifier."""
        return uuid.UUID(self.payload[key])


Handler = Callable[[Session, Event], None]
_handlers: dict[str, dict[str, Handler]] = {}
_at_once: dict[str, list[Handler]] = {}


def subscribe(name: str, subscriber: str) -> Callable[[Handler], Handler]:
    """Register a handler for an event under a stable name; the name keys its receipts.

    The handler runs in a transaction of the event's clinic and must be safe to repeat towards the outside.
    """

    def register(handler: Handler) -> Handler:
        listeners = _handlers.setdefault(name, {})
        if subscriber in listeners and listeners[subscriber] is not handler:
            raise ValueError(f"{subscriber} already listens to {name}")
        listeners[subscriber] = handler
        return handler

    return register


def handlers_of(name: str) -> dict[str, Handler]:
    """The subscribers of an event, by name."""
    return dict(_handlers.get(name, {}))


def at_once(name: str) -> Callable[[Handler], Handler]:
    """Register a handler that `emit` calls in the emitting transaction, for what may not wait for a worker.

    It must be quick, harmless where that transaction is rolled back after all, and raise nothing that should not stop
    it; a subscriber of the same event gives the guarantee.
    """

    def register(handler: Handler) -> Handler:
        listeners = _at_once.setdefault(name, [])
        if handler not in listeners:
            listeners.append(handler)
        return handler

    return register


def at_once_handlers_of(name: str) -> list[Handler]:
    """The handlers that run in the emitting transaction."""
    return list(_at_once.get(name, []))
