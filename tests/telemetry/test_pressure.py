"""Under pressure frames may be dropped, an end never (TLM-03)."""

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from telemetry.consent import Consent
from telemetry.contract import CONTENT_TYPE_FRAMES, CONTENT_TYPE_JSON, FRAMES_PATH, end_path
from telemetry.finaliser import Finaliser, Patience
from telemetry.ingest import Ingest
from telemetry.metrics import Metrics
from telemetry.outbox import Outbox
from telemetry.publish import Publisher
from telemetry.server import MOST_AT_ONCE, TelemetryApp
from telemetry.stores.blob_stores import DiskBlobs
from telemetry.stores.disk_spool import DiskSpool
from telemetry.tokens import ServiceTokens, SessionTokens
from tests.telemetry.running import ORIGIN, SERVICE_SECRET, TOKEN_SECRET, session_claims, token_of


class SlowGate:
    """Consent that is answered when the test says so."""

    def __init__(self) -> None:
        self.answer = asyncio.Event()

    async def ask(self, organization_id: str, session_id: str, scope: str) -> Consent:
        await self.answer.wait()
        return Consent.GRANTED

    async def reachable(self) -> bool:
        return True

    async def close(self) -> None:
        return None


def _app(folder: Path, gate: SlowGate) -> TelemetryApp:
    metrics, buffer, outbox = Metrics(), DiskSpool(folder / "spool"), Outbox(folder / "outbox")
    return TelemetryApp(
        ingest=Ingest(SessionTokens(TOKEN_SECRET, lambda: 0.0), gate, buffer),
        buffer=buffer,
        gate=gate,
        finaliser=Finaliser(
            buffer, gate, DiskBlobs(folder), outbox, metrics, lambda: 0.0, Patience()
        ),
        publisher=Publisher(
            outbox, "http://127.0.0.1:9", ServiceTokens(SERVICE_SECRET, lambda: 0.0), metrics
        ),
        outbox=outbox,
        metrics=metrics,
        allowed_origin=ORIGIN,
    )


async def _post(app: TelemetryApp, path: str, kind: str) -> tuple[int, dict[bytes, bytes]]:
    token = token_of(session_claims())
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": [
            (b"authorization", f"Bearer {token}".encode()),
            (b"content-type", kind.encode()),
        ],
    }
    answers: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        answers.append(message)

    await app(scope, receive, send)
    return answers[0]["status"], dict(answers[0]["headers"])


@pytest.mark.proves("TLM-03")
def test_frames_are_turned_away_and_an_end_is_taken(tmp_path: Path) -> None:
    async def run() -> None:
        gate = SlowGate()
        app = _app(tmp_path, gate)
        (tmp_path / "spool" / "open").mkdir(parents=True)
        waiting = [
            asyncio.create_task(_post(app, FRAMES_PATH, CONTENT_TYPE_FRAMES))
            for _ in range(MOST_AT_ONCE)
        ]
        await asyncio.sleep(0.05)
        status, headers = await _post(app, FRAMES_PATH, CONTENT_TYPE_FRAMES)
        assert (status, headers[b"retry-after"]) == (503, b"1")
        assert (await _post(app, end_path("s1"), CONTENT_TYPE_JSON))[0] == 202
        gate.answer.set()
        assert {status for status, _ in await asyncio.gather(*waiting)} == {400}
        assert (await _post(app, FRAMES_PATH, CONTENT_TYPE_FRAMES))[0] == 400

    asyncio.run(run())
