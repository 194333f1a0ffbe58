"""A small HTTP client for vendors: no redirects, no proxy from the environment, hard limits."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from app.integrations.deadline import ended_after
from app.integrations.errors import ProviderError

_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; an empty one where it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, seconds for the entire call, and bytes of the answer."""

    connect_seconds: float = 3.0
    total_seconds: float = 10.0
    max_bytes: int = 1_000_000


class HttpEndpoint:
    """One vendor's address with its credentials."""

    def __init__(
        self, base_url: str, user: str, password: str, limits: Limits | None = None
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("base_url must be an http or https address")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path.rstrip("/")
        self._limits = limits or Limits()
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}", "Accept": "application/json"}

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request, give any answer whatever its status.

        Raises `ProviderError`: `unreachable` (nothing was sent), or `no_answer` and
        `answer_too_large` with `outcome_unknown`.
        """
        target = f"{self._path}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = dict(self._headers)
        body = None
        if form is not None:
            body = urlencode(form).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = self._connect()
        try:
            return self._exchange(connection, method, target, body, headers)
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        wait = self._limits.connect_seconds
        connection: http.client.HTTPConnection
        if self._secure:
            trust = ssl.create_default_context()
            connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=wait, context=trust
            )
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=wait)
        try:
            connection.connect()
        except OSError as error:
            raise ProviderError("unreachable", permanent=False) from error
        return connection

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> Answer:
        connection.sock.settimeout(self._limits.total_seconds)
        try:
            with ended_after(connection.sock, self._limits.total_seconds):
                connection.request(method, target, body, dict(headers))
                response = connection.getresponse()
                content = self._read(response)
        except (OSError, http.client.HTTPException) as error:
            raise ProviderError("no_answer", permanent=False, outcome_unknown=True) from error
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, content)

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        content = bytearray()
        while chunk := response.read1(_CHUNK):
            content += chunk
            if len(content) > self._limits.max_bytes:
                raise ProviderError("answer_too_large", permanent=False, outcome_unknown=True)
        return bytes(content)
