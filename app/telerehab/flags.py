"""Consent flags in Redis: what the telemetry process asks before it takes anything (TLM-02).

A flag says which scopes a session may send; a withdrawn one stops it within the telemetry process' next look. Without
Redis the telemetry process takes nothing, so a lost flag is safe, and a flag that could not be set stops the start.
"""

from __future__ import annotations

import datetime as dt
import uuid

from redis import Redis, RedisError

from app.kernel.logs import logger
from app.lib.errors import Unavailable
from telemetry.contract import CONSENT_WITHDRAWN, SCOPE_POSE, consent_key

TOKEN_LIFE = dt.timedelta(hours=1)
log = logger(__name__)
FLAG_LIFE = TOKEN_LIFE + dt.timedelta(days=2)


class _Installed:
    """Where flags are kept; nowhere until the composer says."""

    redis: Redis | None = None


def install(redis: Redis) -> None:
    """Keep flags in this Redis, the same that the telemetry process reads."""
    _Installed.redis = redis


def allow(org_id: uuid.UUID, session_id: uuid.UUID) -> None:
    """Let a session send frames. Raises Unavailable `telemetry_flag`."""
    _set(org_id, session_id, SCOPE_POSE)


def withdraw(org_id: uuid.UUID, session_id: uuid.UUID) -> None:
    """Stop a session; spooled frames go too. Raises Unavailable `telemetry_flag`."""
    _set(org_id, session_id, CONSENT_WITHDRAWN)


def _set(org_id: uuid.UUID, session_id: uuid.UUID, value: str) -> None:
    """Asked of Redis each time: no cool-down after somebody else's failure, since this is no courtesy."""
    redis, key = _Installed.redis, consent_key(str(org_id), str(session_id))
    try:
        done = redis is not None and redis.set(key, value, ex=FLAG_LIFE)
    except RedisError as error:
        log.warning("consent_flag_failed", error=type(error).__name__)
        done = False
    if not done:
        raise Unavailable("telemetry_flag")
