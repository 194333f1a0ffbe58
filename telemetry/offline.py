"""Recordings measured without a browser: through the same codec, frames and finaliser as a streamed session (TLM-07).

A recording is what `python -m telemetry extract` makes of a clip. The caller posts nothing: it gets results in the
shape of the write-back, and the replays are stored as after any session.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telemetry.blobs import BlobStore
from telemetry.buffer import SessionKey, SessionState, SpooledSession
from telemetry.client import batches_of
from telemetry.codec import encode_batch
from telemetry.contract import ContractError, SessionClaims, SessionEnd
from telemetry.contract.checks import mapping, number, text
from telemetry.inflate import fingerprint
from telemetry.recording_file import load_recording
from telemetry.session_result import FinishedSession, finish

TRACKER = "recording"


@dataclass(frozen=True)
class OfflineSession:
    """One recording to be measured for one session; `seconds` keeps only its first part."""

    claims: SessionClaims
    file: Path
    seconds: float | None = None

    @classmethod
    def from_json(cls, data: Any) -> "OfflineSession":
        """From one line of the command's input. Raises ContractError."""
        fields = mapping(data, "session")
        seconds = None if fields.get("seconds") is None else number(fields, "seconds", 1, 86400)
        return cls(
            claims=SessionClaims.from_json(fields.get("claims")),
            file=Path(text(fields, "file", 500)),
            seconds=seconds,
        )


def read_lines(document: str) -> Iterator[OfflineSession]:
    """One session a line. Raises ContractError naming what is wrong."""
    for line in filter(None, map(str.strip, document.splitlines())):
        try:
            yield OfflineSession.from_json(json.loads(line))
        except json.JSONDecodeError as error:
            raise ContractError("a line is not JSON") from error


def measure(offline: OfflineSession, blobs: BlobStore) -> FinishedSession:
    """Measure one recording and store its replay. Raises BadRecording."""
    finished = finish(_spooled(offline), keep_pose=True, keep_media=True)
    for key, content in finished.blobs:
        blobs.put(key, content)
    return finished


def _spooled(offline: OfflineSession) -> SpooledSession:
    """The recording as if its batches had come from a browser."""
    batches = list(batches_of(load_recording(offline.file)))
    if offline.seconds is not None:
        last_ms = int(batches[0].times_ms[0]) + offline.seconds * 1000
        batches = [batch for batch in batches if batch.times_ms[-1] <= last_ms] or batches[:1]
    members = tuple(
        (batch.sequence, gzip.compress(encode_batch(batch), mtime=0)) for batch in batches
    )
    claims = offline.claims
    state = SessionState(
        SessionKey(claims.organization_id, claims.session_id),
        claims,
        last_seen=float(claims.issued_at),
        fingerprints={sequence: fingerprint(member) for sequence, member in members},
        end=SessionEnd(last_sequence=members[-1][0], tracker=TRACKER),
        ended_at=float(claims.expires_at),
    )
    return SpooledSession(state, members, ())
