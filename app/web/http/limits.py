"""Rate limits per route and address (SEC-01), counted in Redis; with Redis away, counted per process."""

from __future__ import annotations

import logging
import math
import time

from flask import Flask, Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from redis import RedisError

from app.kernel.redis import impatience
from config import Settings

limiter = Limiter(
    get_remote_address,
    default_limits=["600/minute"],
    # Told where a limit was reached (below), since each header would ask Redis again at every page.
    headers_enabled=False,
    in_memory_fallback_enabled=True,
    strategy="moving-window",
    # The limiter connects by itself: with the client's defaults a hanging Redis would stop every page.
    storage_options=impatience(),
    # Two requests may meet the dead Redis at once; only the first is turned to the fallback by the library.
    swallow_errors=True,
)
SIGN_IN = "20/minute"
TOO_MANY = 429
PUBLIC_WRITE = "30/minute"


def init_app(app: Flask) -> None:
    """Attach the limiter."""
    settings: Settings = app.config["SETTINGS"]
    app.config.setdefault("RATELIMIT_STORAGE_URI", settings.redis_url)
    app.config.setdefault("RATELIMIT_ENABLED", settings.mode != "test")
    limiter.init_app(app)
    limiter.logger.addFilter(_in_one_line)
    app.after_request(_say_when)


def _say_when(response: Response) -> Response:
    """Whoever asked too often is told when to come back."""
    limit = limiter.current_limit if response.status_code == TOO_MANY else None
    if limit is not None:
        longest = limit.limit.get_expiry()
        try:
            seconds = math.ceil(limit.reset_at - time.time())
        except RedisError:
            seconds = longest
        # The library counts in whole seconds and rounds up as well: never more than the whole window.
        response.headers["Retry-After"] = str(min(max(1, seconds), longest))
    return response


def _in_one_line(record: logging.LogRecord) -> bool:
    """A swallowed error is Redis being away: known, and no reason for a stack of every request that met it."""
    record.exc_info = None
    return True
