"""Watches for sessions that are over and turns each into a stored replay and a pending result.

A finished session is never dropped: whatever fails (store, consent, disk) is tried again, after a
restart too, and repeating it gives the same bytes.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from telemetry.blobs import BlobStore
from telemetry.buffer import SessionBuffer, SessionKey, SessionState
from telemetry.consent import Consent, ConsentGate, ConsentUnknown
from telemetry.contract import SCOPE_MEDIA, SCOPE_POSE
from telemetry.metrics import Metrics
from telemetry.outbox import Outbox
from telemetry.session_result import FinishedSession, finish

_log = structlog.get_logger(__name__)
_LONGEST_RETRY_SECONDS = 300.0


@dataclass(frozen=True)
class Patience:
    """Seconds: grace for late batches after the end; idle time before an expired session is
    called abandoned; pause between two looks; pause between two searches for withdrawals."""

    grace: float = 5.0
    idle: float = 120.0
    look: float = 0.25
    sweep: float = 1.0


class Finaliser:
    """One at a time, in a thread, so that taking batches goes on."""

    def __init__(
        self,
        buffer: SessionBuffer,
        gate: ConsentGate,
        blobs: BlobStore,
        outbox: Outbox,
        metrics: Metrics,
        now: Callable[[], float],
        patience: Patience,
    ):
        self._buffer = buffer
        self._gate = gate
        self._blobs = blobs
        self._outbox = outbox
        self._metrics = metrics
        self._now = now
        self._patience = patience
        self._retry_at: dict[SessionKey, tuple[float, float]] = {}
        self._withdrawn: set[SessionKey] = set()
        self._swept_at = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.finalise_ready()
            await asyncio.sleep(self._patience.look)

    async def finalise_ready(self) -> None:
        """One look at every session."""
        if self._now() - self._swept_at >= self._patience.sweep:
            self._swept_at = self._now()
            await self._find_withdrawn()
        for state in self._buffer.sessions():
            if self._ready(state) and self._retry_at.get(state.key, (0.0, 0.0))[0] <= self._now():
                await self._try(state.key)

    async def _find_withdrawn(self) -> None:
        """A withdrawal ends a running session, so that spooled frames go at once (TLM-02).

        Player events alone end nothing: their part is left out when the session ends.
        """
        states = self._buffer.sessions()
        verdicts = await asyncio.gather(*(self._is_withdrawn(state) for state in states))
        self._withdrawn = {s.key for s, gone in zip(states, verdicts, strict=True) if gone}

    async def _is_withdrawn(self, state: SessionState) -> bool:
        scopes = state.claims.scopes
        try:
            answers = await asyncio.gather(*(self._gate.ask(*state.key, one) for one in scopes))
        except ConsentUnknown:
            return False
        gone = {s for s, a in zip(scopes, answers, strict=True) if a is Consent.WITHDRAWN}
        return gone == set(scopes) or (SCOPE_POSE in gone and bool(state.fingerprints))

    def _ready(self, state: SessionState) -> bool:
        if state.key in self._withdrawn:
            return True
        if state.ended_at is not None:
            return state.whole or self._now() - state.ended_at >= self._patience.grace
        expired = state.claims.expires_at < self._now()
        return expired and self._now() - state.last_seen >= self._patience.idle

    async def _try(self, key: SessionKey) -> None:
        try:
            await self._finalise(key)
        # Whatever went wrong, the spool still holds the session and the next try may work.
        except Exception as problem:  # noqa: BLE001 (any reason is a reason to try again)
            _, waited = self._retry_at.get(key, (0.0, 0.5))
            pause = min(waited * 2, _LONGEST_RETRY_SECONDS)
            self._retry_at[key] = (self._now() + pause, pause)
            self._metrics.finalise_failures.inc()
            _log.exception(
                "finalise_failed", session_id=key.session_id, error=type(problem).__name__
            )
        else:
            self._retry_at.pop(key, None)

    async def _finalise(self, key: SessionKey) -> None:
        keep_pose = await self._may_keep(key, SCOPE_POSE)
        keep_media = await self._may_keep(key, SCOPE_MEDIA)
        await self._buffer.close_session(key)
        session = await self._buffer.read(key)
        with self._metrics.finalise_seconds.time():
            finished = await asyncio.to_thread(
                finish,
                session,
                keep_pose=keep_pose or not session.batches,
                keep_media=keep_media or not session.media,
            )
        await asyncio.to_thread(self._store, key, finished)
        await self._buffer.discard(key)
        self._metrics.sessions.labels(reason=finished.result.ended_reason).inc()

    async def _may_keep(self, key: SessionKey, scope: str) -> bool:
        """An expired flag is no withdrawal: the data was taken with consent. Raises
        ConsentUnknown, and the session waits."""
        return await self._gate.ask(*key, scope) is not Consent.WITHDRAWN

    def _store(self, key: SessionKey, finished: FinishedSession) -> None:
        """Blobs first: a result never names an object that does not exist."""
        for name, content in finished.blobs:
            self._blobs.put(name, content)
        self._outbox.add(key, finished.body)


async def stop_task(task: "asyncio.Task[None]") -> None:
    """Cancel and wait."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
