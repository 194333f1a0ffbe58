"""Consent flags in Redis, read at the moment of use; questions asked together travel together."""

import asyncio
import contextlib

import redis.asyncio
from redis.exceptions import RedisError

from telemetry.consent import Consent, ConsentUnknown, consent_from_flag
from telemetry.contract import consent_key

SECONDS_TO_ANSWER = 2.0


class RedisConsentGate:
    """One MGET for all requests that wait in the same turn of the event loop; no cache."""

    def __init__(self, url: str):
        self._redis = redis.asyncio.Redis.from_url(
            url,
            socket_timeout=SECONDS_TO_ANSWER,
            socket_connect_timeout=SECONDS_TO_ANSWER,
            decode_responses=True,
        )
        self._waiting: dict[str, asyncio.Future[str | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def ask(self, organization_id: str, session_id: str, scope: str) -> Consent:
        key = consent_key(organization_id, session_id)
        answer = self._waiting.get(key)
        if answer is None:
            answer = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._answer_all())
        return consent_from_flag(await asyncio.shield(answer), scope)

    async def _answer_all(self) -> None:
        """Answer until nobody waits. Whoever asks during a round trip is in the next one."""
        while self._waiting:
            waiting, self._waiting = self._waiting, {}
            try:
                flags = await self._redis.mget(list(waiting))
            except (RedisError, OSError, TimeoutError) as problem:
                _fail(list(waiting.values()), problem)
                continue
            for answer, flag in zip(waiting.values(), flags, strict=True):
                if not answer.done():
                    answer.set_result(None if flag is None else str(flag))

    async def reachable(self) -> bool:
        try:
            return bool(await self._redis.ping())
        except (RedisError, OSError, TimeoutError):
            return False

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._redis.aclose()


def _fail(answers: list[asyncio.Future[str | None]], problem: Exception) -> None:
    for answer in answers:
        if not answer.done():
            answer.set_exception(ConsentUnknown(type(problem).__name__))
            # Whoever asked may be gone; then nobody else would look at the exception.
            answer.exception()
