"""Session buffer in an object store: one object a batch, durable on arrival (about 1 ms each)."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from telemetry.buffer import (
    MAX_MEDIA_EVENTS,
    Kept,
    SessionKey,
    SessionState,
    SpooledSession,
    SpoolFull,
    session_key,
)
from telemetry.contract import MediaEvent, SessionClaims, SessionEnd
from telemetry.inflate import fingerprint

_OPEN = "inflight/"
_OVER = "over/"


class ObjectSpool:
    """SessionBuffer under `inflight/<clinic>/<session>/`: claims.json, end.json, and one object for
    each batch (P-<sequence>-<fingerprint>), repeat (D-), conflict (C-) and media request (M-).

    The fingerprint is in the name, so that recovery needs a listing and no reading.
    """

    def __init__(self, client: Any, bucket: str, now: Callable[[], float] = time.time):
        self._client = client
        self._bucket = bucket
        self._now = now
        self._states: dict[SessionKey, SessionState] = {}
        self._over: dict[SessionKey, float] = {}
        self._closed: set[SessionKey] = set()

    async def start(self) -> None:
        await asyncio.to_thread(self._recover)

    def _recover(self) -> None:
        for name in self._names(_OVER):
            _, organization_id, session_id = name.split("/")
            self._over[SessionKey(organization_id, session_id)] = float(self._get(name))
        for name in self._names(_OPEN):
            _, organization_id, session_id, leaf = name.split("/")
            key = SessionKey(organization_id, session_id)
            if key not in self._states:
                self._states[key] = SessionState(key, self._claims(key), self._now())
            self._recover_object(self._states[key], leaf)

    def _claims(self, key: SessionKey) -> SessionClaims:
        return SessionClaims.from_json(json.loads(self._get(self._name(key, "claims"))))

    def _recover_object(self, state: SessionState, leaf: str) -> None:
        kind, *rest = leaf.split("-")
        if leaf == "end":
            body = json.loads(self._get(self._name(state.key, leaf)))
            state.end, state.ended_at = SessionEnd.from_json(body["end"]), float(body["at"])
        elif kind == "M":
            state.media_events += int(rest[1])
        elif kind in {"P", "D", "C"}:
            kept = {"P": Kept.STORED, "D": Kept.DUPLICATE, "C": Kept.CONFLICT}[kind]
            size = int(rest[2]) if kept is Kept.STORED else 0
            state.note(int(rest[0]), kept, bytes.fromhex(rest[1]), size)

    async def append(self, claims: SessionClaims, sequence: int, member: bytes) -> Kept:
        state = await self._state(claims)
        kept = Kept.CLOSED if state is None else state.judge(sequence, member)
        if state is None or kept in {Kept.CLOSED, Kept.FULL}:
            return kept
        mark = fingerprint(member)
        if kept is not Kept.STORED:
            count = state.duplicates + state.conflicts
            letter = "D" if kept is Kept.DUPLICATE else "C"
            state.note(sequence, kept, mark)
            await self._put(state.key, f"{letter}-{sequence:06d}-{mark.hex()}-{count}", b"")
            return kept
        # Reserved before the upload: the same number may arrive again while it runs.
        state.note(sequence, kept, mark, len(member))
        try:
            await self._put(state.key, _batch_leaf(sequence, mark, len(member)), member)
        except SpoolFull:
            del state.fingerprints[sequence]
            state.kept_bytes -= len(member)
            raise
        return kept

    async def append_media(self, claims: SessionClaims, events: list[MediaEvent]) -> Kept:
        state = await self._state(claims)
        if state is None or state.end is not None:
            return Kept.CLOSED
        if state.media_events + len(events) > MAX_MEDIA_EVENTS:
            return Kept.FULL
        before = state.media_events
        state.media_events += len(events)
        body = json.dumps([event.to_json() for event in events]).encode()
        await self._put(state.key, f"M-{before:06d}-{len(events)}", body)
        return Kept.STORED

    async def end(self, claims: SessionClaims, end: SessionEnd) -> Kept:
        state = await self._state(claims)
        if state is None or state.end is not None:
            return Kept.DUPLICATE
        at = self._now()
        await self._put(state.key, "end", json.dumps({"end": end.to_json(), "at": at}).encode())
        state.end, state.ended_at = end, at
        return Kept.STORED

    def sessions(self) -> list[SessionState]:
        return list(self._states.values())

    async def close_session(self, key: SessionKey) -> None:
        self._closed.add(key)

    async def read(self, key: SessionKey) -> SpooledSession:
        return await asyncio.to_thread(self._read, key)

    def _read(self, key: SessionKey) -> SpooledSession:
        state = self._states[key]
        prefix = self._name(key, "")
        batches = tuple(
            (int(name.rsplit("/P-", 1)[1][:6]), self._get(name))
            for name in self._names(prefix + "P-")
        )
        media = [
            MediaEvent.from_json(one)
            for name in self._names(prefix + "M-")
            for one in json.loads(self._get(name))
        ]
        media.sort(key=lambda event: (event.at_ms, json.dumps(event.to_json())))
        return SpooledSession(state, batches, tuple(media))

    async def discard(self, key: SessionKey) -> None:
        expires = self._states.pop(key).claims.expires_at + 60
        self._over[key] = expires
        self._closed.discard(key)
        await asyncio.to_thread(self._discard, key, expires)

    def _discard(self, key: SessionKey, expires: float) -> None:
        over = f"{_OVER}{key.organization_id}/{key.session_id}"
        self._client.put_object(Bucket=self._bucket, Key=over, Body=str(expires).encode())
        for name in self._names(self._name(key, "")):
            self._client.delete_object(Bucket=self._bucket, Key=name)
        for old in [old for old, end in self._over.items() if end < self._now()]:
            del self._over[old]
            name = f"{_OVER}{old.organization_id}/{old.session_id}"
            self._client.delete_object(Bucket=self._bucket, Key=name)

    async def stop(self) -> None:
        self._client.close()

    async def _state(self, claims: SessionClaims) -> SessionState | None:
        key = session_key(claims)
        if key in self._over or key in self._closed:
            return None
        state = self._states.get(key)
        if state is None:
            state = self._states.setdefault(key, SessionState(key, claims, self._now()))
            await self._put(key, "claims", json.dumps(claims.to_json()).encode())
        elif claims.expires_at > state.claims.expires_at:
            state.claims = claims
            await self._put(key, "claims", json.dumps(claims.to_json()).encode())
        state.last_seen = self._now()
        return state

    async def _put(self, key: SessionKey, leaf: str, body: bytes) -> None:
        try:
            await asyncio.to_thread(
                self._client.put_object, Bucket=self._bucket, Key=self._name(key, leaf), Body=body
            )
        # The client's errors share no base class with a network error; all mean "not stored".
        except Exception as problem:
            raise SpoolFull(type(problem).__name__) from problem

    def _get(self, name: str) -> bytes:
        body: bytes = self._client.get_object(Bucket=self._bucket, Key=name)["Body"].read()
        return body

    def _names(self, prefix: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        for page in pages:
            for entry in page.get("Contents", []):
                yield str(entry["Key"])

    @staticmethod
    def _name(key: SessionKey, leaf: str) -> str:
        return f"{_OPEN}{key.organization_id}/{key.session_id}/{leaf}"


def _batch_leaf(sequence: int, mark: bytes, size: int) -> str:
    return f"P-{sequence:06d}-{mark.hex()}-{size}"
