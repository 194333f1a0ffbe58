"""A streaming client: sends a recording as a browser would, one batch a second."""

import base64
import http.client
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from telemetry.codec import Batch, encode_batch
from telemetry.contract import (
    CONTENT_TYPE_FRAMES,
    CONTENT_TYPE_JSON,
    FRAMES_PATH,
    MAX_FRAMES_PER_BATCH,
    MEDIA_PATH,
    VERSION_FLOAT32,
    MediaEvent,
    SessionEnd,
    end_path,
)
from telemetry.inflate import deflate
from telemetry.recording_file import RecordingFile

BATCH_MS = 1000
MOST_TRIES = 5
Progress = Callable[[int, int], None]


class StreamRefused(Exception):
    """The telemetry process did not take a request; the message holds its code."""


@dataclass(frozen=True)
class ClientAnswer:
    """Status, JSON body, and the wait that was asked for (s)."""

    status: int
    body: dict[str, Any]
    retry_after: float = 0.0


class TelemetryClient:
    """One session's connection. Not safe for several threads at once."""

    def __init__(self, url: str, token: str, *, timeout: float = 10.0):
        parts = urlsplit(url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = kind(parts.hostname or "", parts.port, timeout=timeout)
        self._token = token

    def frames(self, batch: Batch, version: int = VERSION_FLOAT32) -> ClientAnswer:
        """Send one batch of frames."""
        return self.post(FRAMES_PATH, deflate(encode_batch(batch, version)), CONTENT_TYPE_FRAMES)

    def media(self, events: list[MediaEvent]) -> ClientAnswer:
        """Send player events."""
        body = {"events": [event.to_json() for event in events]}
        return self.post(MEDIA_PATH, json.dumps(body).encode(), CONTENT_TYPE_JSON)

    def end(self, end: SessionEnd, session_id: str | None = None) -> ClientAnswer:
        """Tell the end, of the token's session unless another one is named."""
        body = json.dumps(end.to_json()).encode()
        return self.post(end_path(session_id or session_in(self._token)), body, CONTENT_TYPE_JSON)

    def post(self, path: str, body: bytes, content_type: str) -> ClientAnswer:
        """Post bytes as they are. A lost connection is opened again once."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": content_type}
        try:
            self._connection.request("POST", path, body, headers)
            response = self._connection.getresponse()
        except (http.client.HTTPException, ConnectionError):
            self._connection.close()
            self._connection.request("POST", path, body, headers)
            response = self._connection.getresponse()
        raw = response.read()
        wait = float(response.headers.get("Retry-After", "0"))
        return ClientAnswer(response.status, json.loads(raw) if raw else {}, wait)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def session_in(token: str) -> str:
    """The session id that a token is for, read without checking it. Raises StreamRefused."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["sid"])
    except (IndexError, KeyError, TypeError, ValueError):
        raise StreamRefused("this is not a session token") from None


def batches_of(recording: RecordingFile, batch_ms: int = BATCH_MS) -> Iterator[Batch]:
    """Cut a recording into batches of about `batch_ms`, numbered from 0."""
    slots = (recording.times_ms - recording.times_ms[0]) // batch_ms
    edges = [0, *(np.flatnonzero(np.diff(slots)) + 1).tolist(), len(slots)]
    cuts = [
        (first, min(first + MAX_FRAMES_PER_BATCH, last))
        for start, last in pairwise(edges)
        for first in range(start, last, MAX_FRAMES_PER_BATCH)
    ]
    for sequence, (first, last) in enumerate(cuts):
        yield Batch(
            sequence=sequence,
            width=recording.width,
            height=recording.height,
            times_ms=recording.times_ms[first:last],
            image=recording.image[first:last],
            world=None if recording.world is None else recording.world[first:last],
        )


def stream(
    client: TelemetryClient,
    recording: RecordingFile,
    *,
    version: int = VERSION_FLOAT32,
    pace: float = 0.0,
    tracker: str = "recording",
    progress: Progress = lambda done, total: None,
) -> int:
    """Send a whole recording and its end; gives the number of batches.

    pace: 1 sends in real time, 2 twice as fast, 0 as fast as it goes. Raises StreamRefused.
    """
    batches = list(batches_of(recording))
    started = time.monotonic()
    for done, batch in enumerate(batches, start=1):
        if pace > 0:
            due = started + float(batch.times_ms[-1] - recording.times_ms[0]) / 1000 / pace
            time.sleep(max(0.0, due - time.monotonic()))
        _insist(partial(client.frames, batch, version))
        progress(done, len(batches))
    end = SessionEnd(last_sequence=len(batches) - 1, tracker=tracker)
    _insist(partial(client.end, end))
    return len(batches)


def _insist(send: Callable[[], ClientAnswer]) -> ClientAnswer:
    """Send, and again when asked to come back later."""
    answer = send()
    for _ in range(MOST_TRIES - 1):
        if answer.status != 503:
            break
        time.sleep(answer.retry_after or 0.5)
        answer = send()
    if answer.status != 202:
        code = answer.body.get("error", {}).get("code", "unknown")
        raise StreamRefused(f"HTTP {answer.status}: {code}")
    return answer
