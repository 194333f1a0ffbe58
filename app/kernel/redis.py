"""Redis with short patience: it speeds things up and must never stop a booking.

Nothing that must survive lives in Redis; holds, rate limits and the job queue are courtesies whose
truth is in Postgres (house.md, "Four journeys"). So a miss is logged, counted, and walked past.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from redis import Redis
from redis import exceptions as failures
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.kernel.logs import logger
from app.kernel.metrics import REDIS_MISSES

log = logger(__name__)
Answer = TypeVar("Answer")

CONNECT_SECONDS = 0.3
OPERATION_SECONDS = 0.5
COOL_DOWN_SECONDS = 1.0
_GONE = (
    failures.ConnectionError,
    failures.TimeoutError,
    failures.BusyLoadingError,
    failures.AuthenticationError,
)


def connect(url: str, *, decode: bool = True) -> Redis:
    """A pooled client that gives up early: 0.3 s to connect, 0.5 s an operation, no retry.

    Nothing is sent before the first command, so a dead Redis does not stop the start.
    """
    return Redis.from_url(url, decode_responses=decode, health_check_interval=15, **impatience())


def impatience() -> dict[str, Any]:
    """Connection options of every client that a page waits for, also of those that a library makes."""
    return {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": OPERATION_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }


def healthy(client: Redis) -> bool:
    """Whether Redis answers now; for the health endpoint."""
    try:
        return bool(client.ping())
    except failures.RedisError:
        return False


class Courtesy:
    """Runs what would be nice to have; where Redis is gone, callers get their `miss` instead.

    After a failure to reach Redis, further calls are skipped for a second, so that a hanging
    server costs one time-out a second and not one for each call of a request.
    """

    def __init__(
        self,
        cool_down_seconds: float = COOL_DOWN_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cool_down = cool_down_seconds
        self._monotonic = monotonic
        self._skip_until = float("-inf")

    def run(self, operation: str, action: Callable[[], Answer], miss: Answer) -> Answer:
        """The answer of `action`, or `miss` where Redis fails; other errors pass through.

        `operation` is a short constant (`hold_place`) for the log and the metric; neither gets
        key or value.
        """
        if self._monotonic() < self._skip_until:
            REDIS_MISSES.labels(operation=operation).inc()
            return miss
        try:
            return action()
        except failures.RedisError as error:
            self._note(operation, error)
            return miss

    def _note(self, operation: str, error: failures.RedisError) -> None:
        if isinstance(error, _GONE):
            self._skip_until = self._monotonic() + self._cool_down
        REDIS_MISSES.labels(operation=operation).inc()
        log.warning("redis_miss", operation=operation, error=type(error).__name__)


_courtesy = Courtesy()


def best_effort(operation: str, action: Callable[[], Answer], miss: Answer) -> Answer:
    """`Courtesy.run` with the cool-down that all callers of this process share."""
    return _courtesy.run(operation, action, miss)
