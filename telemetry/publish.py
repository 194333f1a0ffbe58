"""Write-back: posts each result to the application until it is taken (TLM-03)."""

import asyncio
import http.client
import urllib.error
import urllib.request
from enum import Enum

import structlog

from telemetry.contract import CONTENT_TYPE_JSON, RESULTS_PATH
from telemetry.metrics import Metrics
from telemetry.outbox import Outbox, Pending
from telemetry.tokens import ServiceTokens

SECONDS_TO_ANSWER = 10
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0
# Refused now, yet worth asking again: time-out, conflict in progress, too early, too many.
_PASSING = {408, 409, 425, 429}
_log = structlog.get_logger(__name__)


class Told(Enum):
    """How a post ended."""

    TAKEN = "taken"
    LATER = "later"
    REFUSED = "refused"


class Publisher:
    """Empties the outbox; pauses longer and longer while the application does not answer."""

    def __init__(self, outbox: Outbox, app_url: str, tokens: ServiceTokens, metrics: Metrics):
        self._outbox = outbox
        self._url = app_url.rstrip("/") + RESULTS_PATH
        self._tokens = tokens
        self._metrics = metrics

    async def run(self) -> None:
        """Until cancelled."""
        pause = FIRST_PAUSE
        while True:
            went_well = await self.publish_pending()
            pause = FIRST_PAUSE if went_well else min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def publish_pending(self) -> bool:
        """Post everything that waits, oldest first; stop at the first that must wait."""
        for item in await asyncio.to_thread(self._outbox.pending):
            told, reason = await asyncio.to_thread(self._post, item.body)
            self._metrics.publications.labels(outcome=told.value).inc()
            if told is Told.LATER:
                _log.warning("result_waits", reason=reason, waiting=self._outbox.waiting())
                return False
            self._settle(item, told, reason)
        return True

    def _settle(self, item: Pending, told: Told, reason: str) -> None:
        if told is Told.TAKEN:
            self._outbox.told(item)
        else:
            _log.error("result_refused", result=item.path.stem, reason=reason)
            self._outbox.park(item, reason)

    def _post(self, body: bytes) -> tuple[Told, str]:
        headers = {
            "Authorization": f"Bearer {self._tokens.for_body(body)}",
            "Content-Type": CONTENT_TYPE_JSON,
        }
        request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310 (scheme checked in settings)
        try:
            with _OPENER.open(request, timeout=SECONDS_TO_ANSWER) as answer:
                return Told.TAKEN, str(answer.status)
        except urllib.error.HTTPError as answer:
            passing = answer.code >= 500 or answer.code in _PASSING
            return (Told.LATER if passing else Told.REFUSED), f"HTTP {answer.code}"
        except (OSError, http.client.HTTPException) as problem:
            return Told.LATER, type(problem).__name__


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A result goes where the setting says, or nowhere."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))
