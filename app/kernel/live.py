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
from sqlalchemy.orm import Session

from app.kernel.telling import tell_redis

AVAILABILITY = "availability"
APPOINTMENTS = "appointments"
FORMS = "forms"
SESSIONS = "sessions"
WAITING = "waiting"
IMPORTS = "imports"
TOPICS = (AVAILABILITY, APPOINTMENTS, FORMS, SESSIONS, WAITING, IMPORTS)
# How long a stop may wait for a quiet stream.
LOOK_SECONDS = 1.0


class _Installed:
    """Whether this process still serves."""

    serving: Callable[[], bool] = staticmethod(lambda: True)


def install_serving(serving: Callable[[], bool]) -> None:
    """Say how a stream notices that its process shall end, so that a stop need not wait for it."""
    _Installed.serving = staticmethod(serving)


def tell(session: Session, org_id: uuid.UUID, topic: str) -> None:
    """Tell open pages of a clinic once this transaction is committed."""
    tell_redis(session, "PUBLISH", channel(org_id), topic)


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
