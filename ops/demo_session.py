"""`make demo-session`: a recorded exercise, streamed into the running system as a patient's camera would (journey 4d).

It knows no secret: it signs in through the portal, asks for a session as the browser does, sends the frames to the
telemetry process, and waits for what is written back.
"""

from __future__ import annotations

import argparse
import html
import http.client
import json
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from ops import environment
from ops.errors import OpsError
from ops.paths import ROOT, VAR
from telemetry.client import StreamRefused, TelemetryClient, stream
from telemetry.recording_file import BadRecording, load_recording

RECORDINGS = {"squat": "squat.npz", "shoulder-flexion": "shoulder_flexion.npz"}
CSRF = re.compile(r'name="csrf-token" content="([^"]+)"')
ANSWER_SECONDS = 20
RESULT_SECONDS = 60
JSON = "application/json"


@dataclass(frozen=True)
class Wish:
    """Who exercises where, and how."""

    base_url: str
    clinic: str
    email: str
    password: str
    exercise: str
    target: int
    realtime: bool


class Portal:
    """A patient's browser: keeps cookies, sends the page's token. Every failure is one line for the operator."""

    def __init__(self, base_url: str, clinic: str) -> None:
        self._base = base_url.rstrip("/")
        self._root = f"/{clinic}/portal"
        handlers = (
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(CookieJar()),
        )
        self._opener = urllib.request.build_opener(*handlers)
        self._csrf = ""

    def sign_in(self, email: str, password: str) -> None:
        """By password, as on the page."""
        path = f"{self._root}/sign-in?with=password"
        self._page(path)
        fields = {"email": email, "password": password, "csrf_token": self._csrf}
        status, body, where = self._send(path, urllib.parse.urlencode(fields).encode())
        if status >= 400 or "/sign-in" in where:
            raise OpsError(f"{email} cannot sign in to the portal with this password")
        self._take_token(body)
        if "/portal" not in where:
            raise OpsError(f"{email} is asked for more than a password; choose another patient")

    def start(self, exercise: str, target: int) -> dict[str, Any]:
        """A session, with its token."""
        self._page(f"{self._root}/exercises")
        path = f"{self._root}/exercises/{exercise}/sessions"
        return self._json(path, json.dumps({"target_reps": target}).encode())

    def end(self, path: str) -> None:
        """The patient is done."""
        self._json(path, b"{}")

    def result(self, path: str) -> dict[str, Any]:
        """How things stand with a session."""
        return self._json(path, None)

    def _page(self, path: str) -> None:
        status, body, _ = self._send(path, None)
        if status == 404:
            raise OpsError(f"{self._base}{path} does not exist: is the clinic's short name right?")
        if status >= 400:
            raise OpsError(f"{self._base}{path} answers {status}")
        self._take_token(body)

    def _take_token(self, body: bytes) -> None:
        found = CSRF.search(body.decode(errors="replace"))
        if found:
            self._csrf = html.unescape(found[1])

    def _json(self, path: str, body: bytes | None) -> dict[str, Any]:
        headers = {"Accept": JSON, "Content-Type": JSON, "X-CSRFToken": self._csrf}
        status, answer, _ = self._send(path, body, headers)
        told = json.loads(answer) if answer else {}
        if status >= 400:
            error = told.get("error", {})
            raise OpsError(f"{error.get('message', status)} ({error.get('code', status)})")
        return dict(told)

    def _send(
        self, path: str, body: bytes | None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, str]:
        url = f"{self._base}{path}"
        request = urllib.request.Request(url, body, headers or {})  # noqa: S310 - the operator names the address.
        try:
            with self._opener.open(request, timeout=ANSWER_SECONDS) as answer:
                return answer.status, answer.read(), answer.url
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read(), refusal.url or url
        except (OSError, http.client.HTTPException):
            raise OpsError(
                f"Nothing answers at {self._base}: start the system with make run"
            ) from None


def run(wish: Wish) -> dict[str, Any]:
    """Stream one session and wait for its figures; prints what happens. Raises OpsError with one line."""
    recording = _recording(wish.exercise)
    portal = Portal(wish.base_url, wish.clinic)
    portal.sign_in(wish.email, wish.password)
    started = portal.start(wish.exercise, wish.target)
    print(f"Session {started['session_id']}: {wish.email} does {wish.exercise}")
    began = time.monotonic()
    _stream(started, recording, wish)
    portal.end(started["end_url"])
    told = _await(portal, started["url"])
    _print(wish, started["session_id"], told, time.monotonic() - began)
    return told


def _recording(exercise: str) -> Path:
    return ROOT / "telemetry" / "demo" / RECORDINGS[exercise]


def _stream(started: dict[str, Any], recording: Path, wish: Wish) -> None:
    client = TelemetryClient(started["telemetry_url"], started["token"])
    try:
        stream(
            client,
            load_recording(recording),
            pace=1.0 if wish.realtime else 0.0,
            progress=_bar,
        )
    except StreamRefused as refusal:
        raise OpsError(f"The telemetry process refused the frames: {refusal}") from None
    except BadRecording as problem:
        raise OpsError(str(problem)) from None
    except (OSError, http.client.HTTPException):
        raise OpsError(
            f"Nothing answers at {started['telemetry_url']}: start the system with make run"
        ) from None
    finally:
        client.close()


def _bar(done: int, total: int) -> None:
    """A bar on a terminal, one line at the end elsewhere."""
    end = "\n" if done == total else ""
    bar = "#" * round(30 * done / total)
    if sys.stdout.isatty():
        print(f"\r[{bar:<30}] {done}/{total} batches", end=end, flush=True)
    elif end:
        print(f"{total} batches sent", flush=True)


def _await(portal: Portal, path: str) -> dict[str, Any]:
    deadline = time.monotonic() + RESULT_SECONDS
    while (told := portal.result(path))["state"] in ("started", "ended"):
        if time.monotonic() > deadline:
            raise OpsError(f"No result within {RESULT_SECONDS} s: look at the telemetry log")
        time.sleep(0.2)
    if told["state"] != "measured":
        raise OpsError("Nothing was measured: the consent was withdrawn, or no frame was kept")
    return told


def _print(wish: Wish, session_id: str, told: dict[str, Any], seconds: float) -> None:
    rom = "none" if told["rom_deg"] is None else f"{told['rom_deg']:.1f} degrees"
    if told["rom_deg"] is not None and not told["rom_trusted"]:
        rom += " (not to be relied on)"
    print(f"Repetitions: {told['reps']} of {wish.target}, not complete: {told['partial_reps']}")
    print(f"Range of motion (median): {rom}")
    if told["warnings"]:
        print(f"Warnings: {', '.join(told['warnings'])}")
    print(f"Measured {seconds:.1f} s after the first frame. For the specialist:")
    print(f"{wish.base_url.rstrip('/')}/{wish.clinic}/console/pose-sessions/{session_id}")


def _wish(arguments: Sequence[str]) -> Wish:
    parser = argparse.ArgumentParser(prog="python -m ops.demo_session", description=__doc__)
    parser.add_argument("--base-url", help="of the running system; found in var/ if not given")
    parser.add_argument("--clinic", default="movimento")
    parser.add_argument("--email", default="maria.ionescu@pacient.demo")
    parser.add_argument("--password", default="demo-parola-2026")
    parser.add_argument("--exercise", choices=sorted(RECORDINGS), default="squat")
    parser.add_argument("--target", type=int, default=10, help="repetitions to do")
    parser.add_argument("--realtime", action="store_true", help="as slowly as it was recorded")
    given = parser.parse_args(arguments)
    return Wish(
        given.base_url or _running(),
        given.clinic,
        given.email,
        given.password,
        given.exercise,
        given.target,
        given.realtime,
    )


def _running() -> str:
    """The address of the system that runs here."""
    return os.environ.get("BASE_URL") or environment.read(VAR / "run.env")["BASE_URL"]


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 when the figures came, 1 with one line when something is wrong."""
    try:
        run(_wish(arguments))
    except OpsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
