"""What Redis is told once a transaction is committed: open pages, dispatchers, holds that ended, in one round trip.

All of it is a courtesy: where Redis is away, pages ask by themselves, dispatchers look, holds run out.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    once_committed(session, _tell, command)


def _tell(commands: Sequence[Command]) -> None:
    redis = _Installed.redis
    if redis is not None:
        best_effort("told_after_commit", lambda: _send(redis, commands), None)


def _send(redis: Redis, commands: Sequence[Command]) -> None:
    pipeline = redis.pipeline(transaction=False)
    for command in commands:
        pipeline.execute_command(*command)  # type: ignore[no-untyped-call]  # no types there.
    pipeline.execute()
