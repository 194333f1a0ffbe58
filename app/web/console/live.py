"""The console's live stream (SCH-06): server-sent events that say which topic changed, never what.

A stream holds a thread of the web process but no database connection. Where all places are taken, the answer is 503 and
the page asks by itself every half minute.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from threading import BoundedSemaphore

from flask import Response
from redis import Redis, RedisError

from app.kernel import live as topics
from app.web.console import blueprint
from app.web.http import context, guards

# Half of the threads of a web process at its default: pages are always answered (ops/gunicorn_settings.py).
MOST_STREAMS = 8
HEARTBEAT_SECONDS = 15.0
# A browser connects again after that, and its login is checked anew.
LONGEST_SECONDS = 300.0
places = BoundedSemaphore(MOST_STREAMS)


@blueprint.get("/live")
@guards.any_staff(
    "tells only which topic changed; what changed is asked for with its own permission"
)
def live() -> Response:
    """Topics of this clinic as they change."""
    if not places.acquire(blocking=False):
        return Response(status=503, headers={"Retry-After": "30", "Cache-Control": "no-store"})
    response = Response(stream(context.redis(), context.org_id()), mimetype="text/event-stream")
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
) -> Iterator[str]:
    """The lines of the stream; it ends when Redis goes away, so that the page begins to ask by itself."""
    ends = time.monotonic() + longest
    yield "retry: 3000\n\n"
    try:
        for topic in topics.listen(redis, org_id, heartbeat):
            yield ": still here\n\n" if topic is None else f"event: {topic}\ndata: changed\n\n"
            if time.monotonic() >= ends:
                return
    except RedisError:
        return
