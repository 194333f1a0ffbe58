"""Live streams (SCH-06): server-sent events that say which topic changed, never what.

A stream holds a thread of the web process but no database connection. Where all places are taken, the answer is 503 and
the page asks by itself every half minute.
"""

from __future__ import annotations

import socket
import time
import uuid
from collections.abc import Callable, Iterator
from threading import BoundedSemaphore

from flask import Response, request
from redis import Redis, RedisError

from app.kernel import live as topics
from app.web.http import context

# Half of the threads of a web process at its default: pages are always answered (ops/gunicorn_settings.py).
MOST_STREAMS = 8
HEARTBEAT_SECONDS = 15.0
# A browser connects again after that, and its login is checked anew.
LONGEST_SECONDS = 300.0
places = BoundedSemaphore(MOST_STREAMS)


def answer(only: frozenset[str] | None = None) -> Response:
    """The clinic's changes as they happen: every topic, or only these."""
    if not places.acquire(blocking=False):
        return Response(status=503, headers={"Retry-After": "30", "Cache-Control": "no-store"})
    gone = hung_up(request.environ.get("gunicorn.socket"))
    lines = stream(context.redis(), context.org_id(), only=only, gone=gone)
    response = Response(lines, mimetype="text/event-stream")
    response.call_on_close(places.release)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def stream(
    redis: Redis,
    org_id: uuid.UUID,
    *,
    heartbeat: float = HEARTBEAT_SECONDS,
    longest: float = LONGEST_SECONDS,
    only: frozenset[str] | None = None,
    gone: Callable[[], bool] = lambda: False,
) -> Iterator[str]:
    """The lines of the stream; it ends when Redis goes away, so that the page begins to ask by itself."""
    ends = time.monotonic() + longest
    yield "retry: 3000\n\n"
    try:
        for topic in topics.listen(redis, org_id, heartbeat, gone):
            if topic is None:
                yield ": still here\n\n"
            elif only is None or topic in only:
                yield f"event: {topic}\ndata: changed\n\n"
            if time.monotonic() >= ends:
                return
    except RedisError:
        return


def hung_up(connection: socket.socket | None) -> Callable[[], bool]:
    """Tells whether the browser closed `connection`; never, where the server shows none.

    Otherwise only a failed write would tell, up to two heartbeats later, and somebody who walks through eight pages
    in that time would take all places with streams that nobody reads.
    """

    def gone() -> bool:
        if connection is None:
            return False
        try:
            return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            return True

    return gone
