"""What Redis is told once a transaction is committed: open pages, dispatchers, holds that ended, in one round trip.

All of it is a courtesy: where Redis is away, pages ask by themselves, dispatchers look, holds run out.
"""

from __future__ import annotations

from redis import Redis
from sqlalchemy.orm import Session

from app.kernel.db import once_committed
from app.kernel.redis import best_effort

Command = tuple[str | int, ...]


class _Installed:
    """Whom to tell; nobody until the composer says."""

    redis: Redis | None = None


def install(redis: Redis) -> None:
    """Tell this Redis from now on."""
    _Installed.redis = redis


def tell_redis(session: Session, *command: str | int) -> None:
    """Send the command after the commit, once however often it is asked for, in the order of asking."""
    once_committed(session, _Telling).commands[command] = None


class _Telling:
    """The commands of one transaction; a dict, since it keeps their order and each of them once."""

    def __init__(self) -> None:
        self.commands: dict[Command, None] = {}

    def __call__(self) -> None:
        redis = _Installed.redis
        if redis is not None:
            best_effort("told_after_commit", lambda: self._send(redis), None)

    def _send(self, redis: Redis) -> None:
        pipeline = redis.pipeline(transaction=False)
        for command in self.commands:
            pipeline.execute_command(*command)  # type: ignore[no-untyped-call]  # no types there.
        pipeline.execute()
