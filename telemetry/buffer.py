"""What a session's batches wait in until the session ends: the interface and its plain values."""

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, Protocol

from telemetry.contract import MediaEvent, SessionClaims, SessionEnd
from telemetry.inflate import fingerprint

MAX_SESSION_BYTES = 256 * 1024 * 1024
MAX_MEDIA_EVENTS = 20_000


class SessionKey(NamedTuple):
    """Whose session: clinic and session id, both checked against the contract's alphabet."""

    organization_id: str
    session_id: str


class Kept(Enum):
    """What became of a batch. The first one of a sequence number wins."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    CLOSED = "closed"
    FULL = "full"


@dataclass
class SessionState:
    """What is known of a session without reading its batches; survives a restart."""

    key: SessionKey
    claims: SessionClaims
    last_seen: float
    fingerprints: dict[int, bytes] = field(default_factory=dict)
    duplicates: int = 0
    conflicts: int = 0
    media_events: int = 0
    kept_bytes: int = 0
    end: SessionEnd | None = None
    ended_at: float | None = None

    def judge(self, sequence: int, member: bytes) -> Kept:
        """What a batch is to this session; changes nothing."""
        if self.end is not None and self._beyond_end(sequence):
            return Kept.CLOSED
        known = self.fingerprints.get(sequence)
        if known is not None:
            return Kept.DUPLICATE if known == fingerprint(member) else Kept.CONFLICT
        return Kept.FULL if self.kept_bytes + len(member) > MAX_SESSION_BYTES else Kept.STORED

    def note(self, sequence: int, kept: Kept, mark: bytes, size: int = 0) -> None:
        """Bring the figures up to date with one batch."""
        if kept is Kept.STORED:
            self.fingerprints[sequence] = mark
            self.kept_bytes += size
        self.duplicates += kept is Kept.DUPLICATE
        self.conflicts += kept is Kept.CONFLICT

    def _beyond_end(self, sequence: int) -> bool:
        last = self.end.last_sequence if self.end is not None else None
        return last is not None and sequence > last

    @property
    def whole(self) -> bool:
        """Ended, and every batch up to the last one is here."""
        last = self.end.last_sequence if self.end is not None else None
        return last is not None and all(number in self.fingerprints for number in range(last + 1))

    @property
    def dropped(self) -> int:
        """Batches that never came, as far as can be known."""
        last = self.end.last_sequence if self.end is not None else None
        expected = max([-1 if last is None else last, *self.fingerprints]) + 1
        return expected - len(self.fingerprints)


@dataclass(frozen=True)
class SpooledSession:
    """All of a session, for the finaliser: gzip members by rising sequence number."""

    state: SessionState
    batches: tuple[tuple[int, bytes], ...]
    media: tuple[MediaEvent, ...]


class SpoolFull(Exception):
    """The store cannot take more now (disk full, store unreachable): come again."""


class SessionBuffer(Protocol):
    """Keeps batches between arrival and session end. Safe against repeats and sudden death.

    Every method may be called for any session at any time; one process owns a buffer.
    """

    async def start(self) -> None:
        """Recover what an earlier process left. Raises SpoolInUse when another one is alive."""

    async def append(self, claims: SessionClaims, sequence: int, member: bytes) -> Kept:
        """Keep one checked batch. Raises SpoolFull."""

    async def append_media(self, claims: SessionClaims, events: list[MediaEvent]) -> Kept:
        """Keep player events. Raises SpoolFull."""

    async def end(self, claims: SessionClaims, end: SessionEnd) -> Kept:
        """Mark the end, durably. DUPLICATE when it was marked before. Raises SpoolFull."""

    def sessions(self) -> list[SessionState]:
        """Sessions that are not finalised yet."""

    async def close_session(self, key: SessionKey) -> None:
        """From now on every batch of this session is CLOSED."""

    async def read(self, key: SessionKey) -> SpooledSession:
        """Everything that was kept."""

    async def discard(self, key: SessionKey) -> None:
        """Forget the content; remember until the token's end that the session is over."""

    async def stop(self) -> None:
        """Release files and locks."""


def session_key(claims: SessionClaims) -> SessionKey:
    """The key that the token grants, the only one a request can reach."""
    return SessionKey(claims.organization_id, claims.session_id)
