"""Waking dispatchers through Redis. Losing a wake-up costs at most the poll interval: the truth is in Postgres."""

from __future__ import annotations

import time
from threading import Event

from redis import Redis, RedisError
from redis.client import PubSub

# How soon a waiting dispatcher notices that it was asked to end.
SLICE_SECONDS = 0.25


def channel(redis: Redis) -> str:
    """Where wake-ups are told. Channels are common to all databases of a server, so the number is in the name."""
    number = redis.connection_pool.connection_kwargs.get("db", 0)
    return f"outbox:wake:{number}"


def wake_up(channel: str) -> tuple[str, str, str]:
    """The command that ends the sleep of whoever listens there."""
    return ("PUBLISH", channel, "1")


class Alarm:
    """A dispatcher's sleep: ends with a wake-up, after its time, or when it was asked to end."""

    def __init__(self, redis: Redis, stop: Event) -> None:
        self._redis = redis
        self._stop = stop
        self._subscription: PubSub | None = None

    def sleep(self, seconds: float) -> None:
        """Wait at most `seconds`; without Redis simply that long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not self._stop.is_set():
            try:
                if self._listen(min(left, SLICE_SECONDS)):
                    return
            except (RedisError, OSError):
                self.close()
                self._stop.wait(left)

    def close(self) -> None:
        """Give the connection back."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None

    def _listen(self, seconds: float) -> bool:
        """Whether a wake-up came; several that wait count as one."""
        if self._subscription is None:
            self._subscription = self._redis.pubsub(  # type: ignore[no-untyped-call]  # no types there.
                ignore_subscribe_messages=True
            )
            self._subscription.subscribe(channel(self._redis))
        woken = self._subscription.get_message(timeout=seconds) is not None
        while woken and self._subscription.get_message(timeout=0) is not None:
            continue
        return woken
