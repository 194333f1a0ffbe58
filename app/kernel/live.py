"""Live topics: after a commit, open pages are told which topic changed, never what (SCH-06).

A page that hears a topic fetches its normal fragment, so permission and tenancy run on one path. Losing a message costs
a delay: pages also ask by themselves now and then.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator

from redis import Redis
from redis.client import PubSub
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.kernel.redis import best_effort

AVAILABILITY = "availability"
APPOINTMENTS = "appointments"
FORMS = "forms"
SESSIONS = "sessions"
WAITING = "waiting"
IMPORTS = "imports"
TOPICS = (AVAILABILITY, APPOINTMENTS, FORMS, SESSIONS, WAITING, IMPORTS)
# How long a stop may wait for a quiet stream.
LOOK_SECONDS = 1.0
Publisher = Callable[[uuid.UUID, str], None]


class _Installed:
    """Where topics go; nowhere until the composer says. And whether this process still serves."""

    publish: Publisher | None = None
    serving: Callable[[], bool] = staticmethod(lambda: True)


def install(redis: Redis) -> None:
    """Send topics through Redis from now on."""
    _Installed.publish = staticmethod(lambda org_id, topic: announce(redis, org_id, topic))


def install_serving(serving: Callable[[], bool]) -> None:
    """Say how a stream notices that its process shall end, so that a stop need not wait for it."""
    _Installed.serving = staticmethod(serving)


def announce(redis: Redis, org_id: uuid.UUID, topic: str) -> None:
    """Tell open pages of a clinic at once; for what is not in the database, such as holds."""
    best_effort("live_announce", lambda: redis.publish(channel(org_id), topic), 0)


def tell(session: Session, org_id: uuid.UUID, topic: str) -> None:
    """Tell open pages of a clinic once this transaction is committed."""
    session.info.setdefault("live_topics", set()).add((org_id, topic))


def _never() -> bool:
    return False


def listen(
    redis: Redis, org_id: uuid.UUID, wait_seconds: float, gone: Callable[[], bool] = _never
) -> Iterator[str | None]:
    """Topics of a clinic as they come; None after each quiet stretch of `wait_seconds`.

    Ends when the process is told to stop, or `gone` says that nobody reads any more.
    Raises RedisError when Redis goes away; the page's browser connects again.
    """
    subscription: PubSub = PubSub(redis.connection_pool, ignore_subscribe_messages=True)
    try:
        subscription.subscribe(channel(org_id))
        quiet_since = time.monotonic()
        while _Installed.serving() and not gone():
            message = subscription.get_message(timeout=min(wait_seconds, LOOK_SECONDS))
            if message is not None:
                quiet_since = time.monotonic()
                yield str(message["data"])
            elif time.monotonic() - quiet_since >= wait_seconds:
                quiet_since = time.monotonic()
                yield None
    finally:
        subscription.close()


def channel(org_id: uuid.UUID) -> str:
    """Where topics of a clinic are told."""
    return f"live:{org_id}"


@event.listens_for(Session, "after_commit")
def _publish(session: Session) -> None:
    if session.in_nested_transaction():
        return  # A savepoint was released; nobody else sees anything of it yet.
    topics = session.info.pop("live_topics", None)
    if topics and _Installed.publish is not None:
        for org_id, topic in sorted(topics, key=str):
            _Installed.publish(org_id, topic)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("live_topics", None)
