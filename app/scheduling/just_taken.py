"""What was taken a moment ago, said in Redis: a page of times a few minutes old is refused without the database.

A courtesy beside the holds: where it was lost, the booking itself finds the time taken (SCH-05).
"""

from __future__ import annotations

import datetime as dt
import time
import uuid

from sqlalchemy.orm import Session

from app.kernel.telling import tell_redis

# As long as a page of times may be used to keep one without asking the database, and a little more.
LIFE = dt.timedelta(minutes=4)


def key(org_id: uuid.UUID, number: int) -> str:
    """Where the times of a resource lie: a sorted set, score = when it is forgotten (ms), member = start|end."""
    return f"taken:{org_id}:{number}"


def tell_taken(session: Session, org_id: uuid.UUID, number: int, start: int, end: int) -> None:
    """After the commit: the footprint (minutes since the epoch) of that resource is taken."""
    life = int(LIFE.total_seconds() * 1000)
    forgotten = int(time.time() * 1000) + life
    tell_redis(session, "ZADD", key(org_id, number), forgotten, _member(start, end))
    tell_redis(session, "PEXPIRE", key(org_id, number), life)


def tell_free(session: Session, org_id: uuid.UUID, number: int, start: int, end: int) -> None:
    """After the commit: it is free again."""
    tell_redis(session, "ZREM", key(org_id, number), _member(start, end))


def _member(start: int, end: int) -> str:
    return f"{start}|{end}"
