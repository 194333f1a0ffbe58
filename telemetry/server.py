"""The HTTP side: a bare ASGI callable (measured 3.6 times a framework's speed under load)."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from telemetry.buffer import SessionBuffer
from telemetry.consent import ConsentGate
from telemetry.contract import (
    CONTENT_TYPE_FRAMES,
    CONTENT_TYPE_JSON,
    FRAMES_PATH,
    HEALTH_PATH,
    MAX_BATCH_COMPRESSED,
    MEDIA_PATH,
)
from telemetry.finaliser import Finaliser, stop_task
from telemetry.ingest import Answer, Ingest
from telemetry.metrics import Metrics
from telemetry.outbox import Outbox
from telemetry.publish import Publisher
from telemetry.refusals import Refusal, too_large, unavailable

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = dict[bytes, bytes]

METRICS_PATH = "/metrics"
MOST_JSON_BYTES = 64 * 1024
MOST_AT_ONCE = 256
_END_PATH = re.compile(r"/v1/sessions/([^/]{1,100})/end")
_LOOPBACK = {"127.0.0.1", "::1", None}


class TelemetryApp:
    """Routes, cross-origin answers, limits. Everything else is asked of the parts it is given."""

    def __init__(
        self,
        *,
        ingest: Ingest,
        buffer: SessionBuffer,
        gate: ConsentGate,
        finaliser: Finaliser,
        publisher: Publisher,
        outbox: Outbox,
        metrics: Metrics,
        allowed_origin: str,
    ):
        self._ingest = ingest
        self._buffer = buffer
        self._gate = gate
        self._finaliser = finaliser
        self._publisher = publisher
        self._outbox = outbox
        self._metrics = metrics
        self._origin = urlsplit(allowed_origin)
        self._at_once = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self._start()
                except Exception as problem:  # noqa: BLE001 (told to the operator by the server)
                    await send({"type": "lifespan.startup.failed", "message": str(problem)})
                    return
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _start(self) -> None:
        await self._buffer.start()
        self._outbox.prepare()
        self._tasks = [
            asyncio.create_task(self._finaliser.run()),
            asyncio.create_task(self._publisher.run()),
        ]

    async def _stop(self) -> None:
        for task in self._tasks:
            await stop_task(task)
        await self._buffer.stop()
        await self._gate.close()

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = dict(scope["headers"])
        cross = self._cross_origin(headers)
        door = _door(scope["path"])
        try:
            status, body, kind = await self._answer(door, scope, headers, receive)
        except Refusal as refusal:
            await self._refuse(send, refusal, door, cross)
            return
        self._metrics.answered(door, str(status))
        await _send(send, status, body, [(b"content-type", kind), *cross])

    async def _refuse(
        self, send: Send, refusal: Refusal, door: str, cross: list[tuple[bytes, bytes]]
    ) -> None:
        self._metrics.answered(door, refusal.code)
        headers = [(b"content-type", CONTENT_TYPE_JSON.encode()), *cross]
        if refusal.retry_after is not None:
            headers.append((b"retry-after", str(refusal.retry_after).encode()))
        if refusal.status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        if refusal.status == 405:
            headers.append((b"allow", b"POST, OPTIONS" if door != "health" else b"GET, HEAD"))
        body = {"error": {"code": refusal.code, "message": refusal.sentence}}
        await _send(send, refusal.status, json.dumps(body).encode(), headers)

    async def _answer(
        self, door: str, scope: Scope, headers: Headers, receive: Receive
    ) -> tuple[int, bytes, bytes]:
        path, method = scope["path"], scope["method"]
        if door == "health":
            _need_method(method, {"GET", "HEAD"})
            return await self._health()
        if door == "metrics" and _is_internal(scope, headers):
            return 200, self._metrics_text(), b"text/plain; version=0.0.4; charset=utf-8"
        if door in {"other", "metrics"}:
            raise Refusal(404, "not_found", "There is nothing at this address.")
        if method == "OPTIONS":
            return 204, b"", CONTENT_TYPE_JSON.encode()
        _need_method(method, {"POST"})
        answer = await self._take(door, path, headers, receive)
        return 202, json.dumps(answer).encode(), CONTENT_TYPE_JSON.encode()

    async def _take(self, door: str, path: str, headers: Headers, receive: Receive) -> Answer:
        """One post, unless too many wait already (frames may be dropped, an end never)."""
        body = await _post_body(door, headers, receive)
        if self._at_once >= MOST_AT_ONCE and door != "end":
            self._metrics.turned_away.inc()
            raise unavailable("busy", "Too much at once; send it again.", retry_after=1)
        self._at_once += 1
        try:
            return await self._ingested(door, path, headers.get(b"authorization", b""), body)
        finally:
            self._at_once -= 1

    async def _ingested(self, door: str, path: str, authorization: bytes, body: bytes) -> Answer:
        if door == "frames":
            return await self._ingest.frames(authorization, body)
        if door == "media":
            return await self._ingest.media(authorization, body)
        return await self._ingest.end(authorization, _session_in(path), body)

    async def _health(self) -> tuple[int, bytes, bytes]:
        """200 while consent can be checked; telemetry that must refuse everything is not well."""
        well = await self._gate.reachable()
        body = {"status": "ok" if well else "unavailable", "consent": well}
        return (200 if well else 503), json.dumps(body).encode(), CONTENT_TYPE_JSON.encode()

    def _metrics_text(self) -> bytes:
        self._metrics.open_sessions.set(len(self._buffer.sessions()))
        self._metrics.waiting_results.set(self._outbox.waiting())
        return self._metrics.text()

    def _cross_origin(self, headers: Headers) -> list[tuple[bytes, bytes]]:
        """Fetch standard: only pages of the application (and its clinics' subdomains) may post."""
        origin = headers.get(b"origin")
        if origin is None or not self._allows(origin.decode("latin-1")):
            return [(b"vary", b"Origin")]
        return [
            (b"vary", b"Origin"),
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-methods", b"POST"),
            (b"access-control-allow-headers", b"authorization, content-type"),
            (b"access-control-expose-headers", b"retry-after"),
            (b"access-control-max-age", b"600"),
        ]

    def _allows(self, origin: str) -> bool:
        try:
            asked = urlsplit(origin)
            same_port = asked.port == self._origin.port
        except ValueError:
            return False
        host, own = asked.hostname or "", self._origin.hostname or ""
        same_host = host == own or host.endswith("." + own)
        return asked.scheme == self._origin.scheme and same_port and same_host


_DOORS = {
    FRAMES_PATH: "frames",
    MEDIA_PATH: "media",
    HEALTH_PATH: "health",
    METRICS_PATH: "metrics",
}


def _door(path: str) -> str:
    return _DOORS.get(path) or ("end" if _END_PATH.fullmatch(path) else "other")


def _session_in(path: str) -> str:
    match = _END_PATH.fullmatch(path)
    return match.group(1) if match else ""


def _need_method(method: str, allowed: set[str]) -> None:
    if method not in allowed:
        raise Refusal(405, "wrong_method", "This address does not know that method.")


def _need_type(headers: Headers, wanted: str) -> None:
    given = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if given != wanted.encode():
        raise Refusal(415, "wrong_content_type", f"The content type must be {wanted}.")


def _is_internal(scope: Scope, headers: Headers) -> bool:
    """Asked from this machine and not through a proxy."""
    client = scope.get("client") or (None,)
    return client[0] in _LOOPBACK and not {b"forwarded", b"x-forwarded-for"} & headers.keys()


async def _post_body(door: str, headers: Headers, receive: Receive) -> bytes:
    wanted = CONTENT_TYPE_FRAMES if door == "frames" else CONTENT_TYPE_JSON
    limit = MAX_BATCH_COMPRESSED if door == "frames" else MOST_JSON_BYTES
    body = await _body(headers, receive, limit)
    if body or door != "end":
        _need_type(headers, wanted)
    return body


async def _body(headers: Headers, receive: Receive, limit: int) -> bytes:
    declared = headers.get(b"content-length", b"0")
    if not declared.isdigit() or int(declared) > limit:
        raise too_large("body_too_large", f"The body may have at most {limit} bytes.")
    message = await receive()
    parts = [message.get("body", b"")]
    size = len(parts[0])
    while message.get("more_body") and size <= limit:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
    if size > limit:
        raise too_large("body_too_large", f"The body may have at most {limit} bytes.")
    if message["type"] == "http.disconnect":
        raise Refusal(400, "interrupted", "The request was not finished.")
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _send(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
