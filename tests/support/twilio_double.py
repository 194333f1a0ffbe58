"""A local stand-in for Twilio's Messages resource, with its faults."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.clock import FrozenClock

SID = "AC" + "0" * 32
TOKEN = "t" * 32


@dataclass
class TwilioDouble:
    """State of the stand-in. `faults` are taken one by one, one for each POST.

    `silence`: create the message, then never answer. `500`, `429`: answer so without creating.
    `500 done`: create, then answer 500. `drip`: create, answer one byte a moment, endlessly.
    """

    clock: FrozenClock
    address: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    searches: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    def create(self, form: dict[str, str]) -> dict[str, Any]:
        """Keep a message as the vendor would."""
        message = {
            "sid": f"SM{len(self.messages):032x}",
            "to": form["To"],
            "body": form["Body"],
            "status": "queued",
            "error_code": None,
            "date_created": format_datetime(self.clock.now()),
        }
        self.messages.append(message)
        return message


@contextmanager
def twilio_double(clock: FrozenClock) -> Iterator[TwilioDouble]:
    """The stand-in, listening on loopback."""
    double = TwilioDouble(clock)
    handler = type("Handler", (_Handler,), {"double": double})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    double.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield double
    finally:
        double.closing.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    double: TwilioDouble

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        form = {
            name: given[0] for name, given in parse_qs(self.rfile.read(length).decode()).items()
        }
        fault = self.double.faults.pop(0) if self.double.faults else ""
        if not self._authentic():
            self._answer(401, {"code": 20003, "message": "Authenticate"})
        elif not re.fullmatch(r"\+[1-9][0-9]{7,14}", form.get("To", "")):
            self._answer(400, {"code": 21211, "message": f"{form.get('To')} is not a phone number"})
        elif fault in ("500", "429"):
            self._answer(int(fault), {"code": 20429}, {"Retry-After": "7"})
        else:
            self._created(fault, self.double.create(form))

    def _created(self, fault: str, message: dict[str, Any]) -> None:
        if fault == "silence":
            self.double.closing.wait(10)
            self.close_connection = True
        elif fault == "drip":
            self._drip()
        elif fault == "500 done":
            self._answer(500, {})
        else:
            self._answer(201, message)

    def _drip(self) -> None:
        self.send_response(201)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        try:
            while not self.double.closing.is_set():
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def do_GET(self) -> None:
        where = urlsplit(self.path)
        if not self._authentic():
            return self._answer(401, {"code": 20003})
        if where.path.endswith(f"{SID}.json"):
            return self._answer(200, {"sid": SID})
        if where.path.endswith("/Messages.json"):
            self.double.searches += 1
            to = parse_qs(where.query)["To"][0]
            return self._answer(
                200, {"messages": [m for m in self.double.messages if m["to"] == to]}
            )
        wanted = where.path.rpartition("/")[2].removesuffix(".json")
        found = next((m for m in self.double.messages if m["sid"] == wanted), None)
        return self._answer(200 if found else 404, found or {"code": 20404})

    def _authentic(self) -> bool:
        expected = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {expected}"

    def _answer(
        self, status: int, content: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Silent."""
