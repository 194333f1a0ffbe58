"""A browser that costs next to nothing: one kept connection, cookies, forms; for crowds on the machine they measure."""

from __future__ import annotations

import re
import select
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlencode, urlsplit

_HEAD_END = b"\r\n\r\n"
_COOKIE = re.compile(r"\s*([^=;\s]+)=([^;]*)(.*)")
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; the names of its headers are in lower case."""

    status_code: int
    headers: Mapping[str, str]
    text: str


@dataclass
class PlainBrowser:
    """Speaks HTTP/1.1 with one server that names the length of its answers, as ours does. Follows no redirects."""

    base_url: str
    timeout: float = 60.0
    cookies: dict[str, str] = field(default_factory=dict)
    _socket: socket.socket | None = None

    def __enter__(self) -> PlainBrowser:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def request(self, method: str, path: str, data: Mapping[str, str] | None = None) -> Answer:
        """Send and wait for the answer. Raises OSError when the server hangs up or says nothing in time."""
        body = urlencode(data).encode() if data is not None else b""
        connection = self._connected()
        connection.sendall(self._head(method, path, body) + body)
        answer = self._read(connection)
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    def close(self) -> None:
        """Hang up; the next request connects anew."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        """The kept connection, or a new one where the server has ended it meanwhile."""
        if self._socket is not None and select.select([self._socket], [], [], 0)[0]:
            self.close()
        if self._socket is None:
            parts = urlsplit(self.base_url)
            address = (parts.hostname or "", parts.port or 80)
            self._socket = socket.create_connection(address, self.timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _head(self, method: str, path: str, body: bytes) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(self.base_url).netloc}"]
        if self.cookies:
            said = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            lines.append(f"Cookie: {said}")
        if method == "POST":
            lines.append("Content-Type: application/x-www-form-urlencoded")
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode()

    def _read(self, connection: socket.socket) -> Answer:
        received = b""
        while _HEAD_END not in received:
            received += _more(connection)
        head, _, body = received.partition(_HEAD_END)
        status, headers = self._understood(head.decode("latin-1"))
        missing = int(headers.get("content-length", 0)) - len(body)
        parts = [body]
        while missing > 0:
            parts.append(_more(connection))
            missing -= len(parts[-1])
        return Answer(status, headers, b"".join(parts).decode())

    def _understood(self, head: str) -> tuple[int, dict[str, str]]:
        first, *lines = head.split("\r\n")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
            if name.lower() == "set-cookie":
                self._keep(value)
        return int(first.split(" ", 2)[1]), headers

    def _keep(self, cookie: str) -> None:
        found = _COOKIE.match(cookie)
        if found is None:
            return
        name, value, rest = found.groups()
        if "max-age=0" in rest.lower():
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value


def _more(connection: socket.socket) -> bytes:
    chunk = connection.recv(_CHUNK)
    if not chunk:
        raise ConnectionError("the server hung up in the middle of an answer")
    return chunk
