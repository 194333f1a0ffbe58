"""The append-only file of one session: framed records, and how to read them after a crash."""

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from telemetry.buffer import Kept, SessionKey, SessionState, SpooledSession
from telemetry.contract import MediaEvent, SessionClaims, SessionEnd
from telemetry.inflate import fingerprint

CLAIMS = b"S"
BATCH = b"P"
REPEAT = b"D"
CONFLICT = b"C"
MEDIA = b"M"
END = b"E"

_FRAME = struct.Struct("<cII")
_SEQUENCE = struct.Struct("<I")


@dataclass(frozen=True)
class Record:
    """One record and where the next one begins."""

    kind: bytes
    payload: bytes
    next_offset: int


def frame(kind: bytes, payload: bytes) -> bytes:
    """kind, length, CRC-32, payload."""
    return _FRAME.pack(kind, len(payload), zlib.crc32(payload)) + payload


def batch_record(sequence: int, member: bytes) -> bytes:
    """A kept batch, exactly as it came."""
    return frame(BATCH, _SEQUENCE.pack(sequence) + member)


def mark_record(kept: Kept, sequence: int) -> bytes:
    """A repeated or conflicting batch leaves only its number."""
    return frame(REPEAT if kept is Kept.DUPLICATE else CONFLICT, _SEQUENCE.pack(sequence))


def claims_record(claims: SessionClaims) -> bytes:
    """Whose session this is; written first, and again when the token was renewed."""
    return frame(CLAIMS, json.dumps(claims.to_json()).encode())


def media_record(events: list[MediaEvent]) -> bytes:
    """One request's player events."""
    return frame(MEDIA, json.dumps([event.to_json() for event in events]).encode())


def end_record(end: SessionEnd, at: float) -> bytes:
    """The end of the session and when it was told (seconds since 1970)."""
    return frame(END, json.dumps({"end": end.to_json(), "at": at}).encode())


def records(content: bytes) -> Iterator[Record]:
    """Whole records from the start; stops silently at a truncated or damaged tail."""
    offset = 0
    while offset + _FRAME.size <= len(content):
        kind, length, checksum = _FRAME.unpack_from(content, offset)
        start, end = offset + _FRAME.size, offset + _FRAME.size + length
        payload = content[start:end]
        if len(payload) != length or zlib.crc32(payload) != checksum:
            return
        yield Record(kind, payload, end)
        offset = end


def recovered_state(key: SessionKey, content: bytes, seen: float) -> tuple[SessionState, int]:
    """State of a session and the length of its sound part. Raises ValueError without claims."""
    state: SessionState | None = None
    sound = 0
    for record in records(content):
        state = _replayed(key, state, record, seen)
        sound = record.next_offset
    if state is None:
        raise ValueError("no claims")
    return state, sound


def _replayed(
    key: SessionKey, state: SessionState | None, record: Record, seen: float
) -> SessionState:
    if record.kind == CLAIMS:
        claims = SessionClaims.from_json(json.loads(record.payload))
        if state is None:
            return SessionState(key, claims, seen)
        state.claims = claims
        return state
    if state is None:
        raise ValueError("the first record is not the claims")
    if record.kind == END:
        body = json.loads(record.payload)
        state.end, state.ended_at = SessionEnd.from_json(body["end"]), float(body["at"])
    elif record.kind == MEDIA:
        state.media_events += len(json.loads(record.payload))
    else:
        _note_batch(state, record)
    return state


def _note_batch(state: SessionState, record: Record) -> None:
    (sequence,) = _SEQUENCE.unpack_from(record.payload)
    member = record.payload[_SEQUENCE.size :]
    kept = {BATCH: Kept.STORED, REPEAT: Kept.DUPLICATE, CONFLICT: Kept.CONFLICT}[record.kind]
    state.note(sequence, kept, fingerprint(member), len(member))


def spooled_session(state: SessionState, content: bytes) -> SpooledSession:
    """Everything kept, batches by sequence number, player events in order of time."""
    batches: dict[int, bytes] = {}
    media: list[MediaEvent] = []
    for record in records(content):
        if record.kind == BATCH:
            (sequence,) = _SEQUENCE.unpack_from(record.payload)
            batches.setdefault(sequence, record.payload[_SEQUENCE.size :])
        elif record.kind == MEDIA:
            media.extend(MediaEvent.from_json(one) for one in json.loads(record.payload))
    ordered = sorted(media, key=lambda event: (event.at_ms, json.dumps(event.to_json())))
    return SpooledSession(state, tuple(sorted(batches.items())), tuple(ordered))
