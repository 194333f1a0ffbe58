"""Session buffer on local disk: one append-only file a session (about 10 microseconds a batch)."""

import fcntl
import json
import os
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import structlog

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
from telemetry.stores import spool_records as layout

OPEN_FILES = 512
_log = structlog.get_logger(__name__)


class SpoolInUse(Exception):
    """Another telemetry process works in this folder."""


class DiskSpool:
    """SessionBuffer in `root`: open/<clinic>/<session>.spool, over/<clinic>/<session>.

    A killed process loses nothing that was acknowledged; a power cut may lose the last seconds of
    running sessions (only the end of a session is forced to disk).
    """

    def __init__(self, root: Path, now: Callable[[], float] = time.time):
        self._root = root
        self._now = now
        self._states: dict[SessionKey, SessionState] = {}
        self._over: dict[SessionKey, float] = {}
        self._closed: set[SessionKey] = set()
        self._files: OrderedDict[SessionKey, int] = OrderedDict()
        self._lock: int | None = None

    async def start(self) -> None:
        for name in ("open", "over"):
            (self._root / name).mkdir(parents=True, exist_ok=True)
        self._take_lock()
        for path in sorted((self._root / "over").glob("*/*")):
            self._recall(path)
        for path in sorted((self._root / "open").glob("*/*.spool")):
            self._recover(path)

    def _take_lock(self) -> None:
        self._lock = os.open(self._root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            self._lock = None
            raise SpoolInUse(f"another telemetry process works in {self._root}") from None

    def _recall(self, path: Path) -> None:
        try:
            expires = float(path.read_text())
        except ValueError:
            # Half-written when the machine stopped; a day outlives every token.
            expires = self._now() + 86400
        if expires < self._now():
            path.unlink()
        else:
            self._over[SessionKey(path.parent.name, path.name)] = expires

    def _recover(self, path: Path) -> None:
        key = SessionKey(path.parent.name, path.stem)
        content = path.read_bytes()
        try:
            state, sound = layout.recovered_state(key, content, path.stat().st_mtime)
        except (ValueError, KeyError, json.JSONDecodeError):
            _log.warning("spool_unreadable", session_id=key.session_id, bytes=len(content))
            path.rename(path.with_suffix(".unreadable"))
            return
        if sound < len(content):
            os.truncate(path, sound)
            _log.info("spool_tail_cut", session_id=key.session_id, bytes=len(content) - sound)
        self._states[key] = state

    async def append(self, claims: SessionClaims, sequence: int, member: bytes) -> Kept:
        state = self._state(claims)
        kept = Kept.CLOSED if state is None else state.judge(sequence, member)
        if state is None or kept in {Kept.CLOSED, Kept.FULL}:
            return kept
        stored = kept is Kept.STORED
        self._write(
            state,
            layout.batch_record(sequence, member) if stored else layout.mark_record(kept, sequence),
        )
        state.note(sequence, kept, fingerprint(member), len(member))
        return kept

    async def append_media(self, claims: SessionClaims, events: list[MediaEvent]) -> Kept:
        state = self._state(claims)
        if state is None or state.end is not None:
            return Kept.CLOSED
        if state.media_events + len(events) > MAX_MEDIA_EVENTS:
            return Kept.FULL
        self._write(state, layout.media_record(events))
        state.media_events += len(events)
        return Kept.STORED

    async def end(self, claims: SessionClaims, end: SessionEnd) -> Kept:
        state = self._state(claims)
        if state is None or state.end is not None:
            return Kept.DUPLICATE
        at = self._now()
        self._write(state, layout.end_record(end, at), to_disk=True)
        state.end, state.ended_at = end, at
        return Kept.STORED

    def sessions(self) -> list[SessionState]:
        return list(self._states.values())

    async def close_session(self, key: SessionKey) -> None:
        self._closed.add(key)

    async def read(self, key: SessionKey) -> SpooledSession:
        return layout.spooled_session(self._states[key], self._path(key).read_bytes())

    async def discard(self, key: SessionKey) -> None:
        state = self._states.pop(key)
        marker = self._root / "over" / key.organization_id / key.session_id
        marker.parent.mkdir(exist_ok=True)
        marker.write_text(str(state.claims.expires_at + 60))
        self._over[key] = state.claims.expires_at + 60
        self._closed.discard(key)
        self._close_file(key)
        self._path(key).unlink(missing_ok=True)
        self._forget_expired()

    async def stop(self) -> None:
        for key in list(self._files):
            self._close_file(key)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _state(self, claims: SessionClaims) -> SessionState | None:
        """The open session, begun when this is its first request; None when it is over."""
        key = session_key(claims)
        if key in self._over or key in self._closed:
            return None
        state = self._states.get(key)
        if state is None:
            state = SessionState(key, claims, self._now())
            self._write(state, layout.claims_record(claims))
            self._states[key] = state
        elif claims.expires_at > state.claims.expires_at:
            self._write(state, layout.claims_record(claims))
            state.claims = claims
        state.last_seen = self._now()
        return state

    def _write(self, state: SessionState, record: bytes, *, to_disk: bool = False) -> None:
        """Append all of it or nothing. Raises SpoolFull."""
        try:
            handle = self._file(state.key)
            before = os.lseek(handle, 0, os.SEEK_END)
            written = os.write(handle, record)
            if to_disk:
                os.fsync(handle)
        except OSError as problem:
            raise SpoolFull(os.strerror(problem.errno or 0)) from problem
        if written != len(record):
            os.ftruncate(handle, before)
            raise SpoolFull("short write")

    def _file(self, key: SessionKey) -> int:
        handle = self._files.get(key)
        if handle is not None:
            self._files.move_to_end(key)
            return handle
        path = self._path(key)
        path.parent.mkdir(exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._files[key] = handle
        if len(self._files) > OPEN_FILES:
            self._close_file(next(iter(self._files)))
        return handle

    def _close_file(self, key: SessionKey) -> None:
        handle = self._files.pop(key, None)
        if handle is not None:
            os.close(handle)

    def _path(self, key: SessionKey) -> Path:
        return self._root / "open" / key.organization_id / f"{key.session_id}.spool"

    def _forget_expired(self) -> None:
        now = self._now()
        for key in [key for key, expires in self._over.items() if expires < now]:
            del self._over[key]
            (self._root / "over" / key.organization_id / key.session_id).unlink(missing_ok=True)
