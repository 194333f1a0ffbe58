"""The telemetry process, running; and an application that listens for its results."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import redis
import uvicorn

from telemetry.client import TelemetryClient
from telemetry.compose import telemetry_app
from telemetry.contract import (
    ALGORITHM,
    BODY_HASH_CLAIM,
    RESULTS_PATH,
    SERVICE_AUDIENCE,
    SERVICE_ISSUER,
    SessionClaims,
    SessionResult,
    Tracking,
    consent_key,
)
from telemetry.settings import Settings

TOKEN_SECRET = "t" * 40
SERVICE_SECRET = "s" * 40
ORIGIN = "http://clinic.test:8000"
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Application:
    """Listens as the application does, checks the service token, keeps what it is told."""

    url: str
    results: list[SessionResult] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    status: int = 204

    def wait(self, count: int = 1, seconds: float = 10.0) -> list[SessionResult]:
        """The results, once there are so many."""
        until(lambda: len(self.results) >= count, seconds)
        return self.results

    def take(self, authorization: str, path: str, body: bytes) -> int:
        """Answer one post."""
        if self.status >= 300:
            self.refused.append(path)
            return self.status
        claims = jwt.decode(
            authorization.removeprefix("Bearer "),
            SERVICE_SECRET,
            algorithms=[ALGORITHM],
            audience=SERVICE_AUDIENCE,
            issuer=SERVICE_ISSUER,
        )
        if claims[BODY_HASH_CLAIM] != hashlib.sha256(body).hexdigest() or path != RESULTS_PATH:
            return 401
        self.bodies.append(body)
        self.results.append(SessionResult.from_json(json.loads(body)))
        return self.status


@contextmanager
def application(port: int = 0) -> Iterator[Application]:
    """An application on loopback."""
    holder: list[Application] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = holder[0].take(self.headers["Authorization"], self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        holder.append(Application(f"http://127.0.0.1:{server.server_port}"))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield holder[0]
        finally:
            server.shutdown()
            thread.join()


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something is so; fail when it is not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, redis_url: str, app_url: str, port: int) -> dict[str, str]:
    """Settings of a process that lives in `folder`."""
    return {
        "TELEMETRY_PORT": str(port),
        "TELEMETRY_TOKEN_SECRET": TOKEN_SECRET,
        "TELEMETRY_SERVICE_SECRET": SERVICE_SECRET,
        "REDIS_URL": redis_url,
        "APP_URL": app_url,
        "BASE_URL": ORIGIN,
        "TELEMETRY_SPOOL": str(folder / "spool"),
        "STORAGE": f"disk:{folder / 'blobs'}",
        "TELEMETRY_GRACE_SECONDS": "1",
        "TELEMETRY_IDLE_SECONDS": "1",
        "LOG_LEVEL": "ERROR",
    }


@dataclass
class Telemetry:
    """A running process and how to speak to it as a session."""

    url: str
    folder: Path
    flags: "redis.Redis[Any]"

    @property
    def blobs(self) -> Path:
        return self.folder / "blobs"

    def session(
        self, name: str = "s1", *, consent: str | None = "pose,media", **claims: Any
    ) -> TelemetryClient:
        """A client with a token; the consent flag is set unless it is None."""
        made = session_claims(name, **claims)
        if consent is not None:
            self.flags.set(consent_key(made.organization_id, name), consent)
        return TelemetryClient(self.url, token_of(made))


def session_claims(name: str = "s1", **changes: Any) -> SessionClaims:
    """Claims as the application mints them."""
    now = int(time.time())
    claims = SessionClaims(
        principal_id="p-1",
        organization_id="clinic-a",
        session_id=name,
        scopes=("pose", "media"),
        tracking=Tracking("squat", target_reps=9),
        issued_at=now,
        expires_at=now + 3600,
        token_id="j-1",
    )
    return replace(claims, **changes)


def token_of(claims: SessionClaims, secret: str = TOKEN_SECRET) -> str:
    """Signed as contract.SessionClaims says."""
    return jwt.encode(claims.to_json(), secret, algorithm=ALGORITHM)


@contextmanager
def in_this_process(
    folder: Path, redis_url: str, app_url: str, **changes: Any
) -> Iterator[Telemetry]:
    """The real server on a real socket, in a thread."""
    port = free_port()
    settings = Settings.from_env(environment(folder, redis_url, app_url, port))
    server = uvicorn.Server(
        uvicorn.Config(
            telemetry_app(replace(settings, **changes)),
            port=port,
            log_level="error",
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=2,
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    with redis.Redis.from_url(redis_url) as flags:
        try:
            until(lambda: server.started or not thread.is_alive())
            yield Telemetry(f"http://127.0.0.1:{port}", folder, flags)
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def as_a_process(
    folder: Path, redis_url: str, app_url: str
) -> Iterator[tuple[Telemetry, subprocess.Popen[bytes]]]:
    """`python -m telemetry serve`, to be killed."""
    port = free_port()
    variables = {**os.environ, **environment(folder, redis_url, app_url, port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "telemetry", "serve"], cwd=ROOT, env=variables
    )
    with redis.Redis.from_url(redis_url) as flags:
        try:
            until(lambda: _healthy(port), 20)
            yield Telemetry(f"http://127.0.0.1:{port}", folder, flags), process
        finally:
            process.kill()
            process.wait()


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/healthz", timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False
