"""A recording is measured like a streamed session, and wrong input is named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from telemetry.contract import SCOPE_POSE, SessionClaims, SessionResult, Tracking

SQUAT = Path("telemetry/demo/squat.npz")


def line(session_id: str = "s1", **changes: object) -> str:
    claims = SessionClaims(
        "p1", "org1", session_id, (SCOPE_POSE,), Tracking("squat", target_reps=10), 0, 60, "t1"
    )
    return json.dumps({"claims": claims.to_json(), "file": str(SQUAT), **changes})


def run(tmp_path: Path, document: str) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "sessions.jsonl"
    file.write_text(document)
    command = [
        sys.executable,
        "-m",
        "telemetry",
        "measure",
        str(file),
        "--storage",
        f"disk:{tmp_path / 'blobs'}",
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.proves("TLM-07", "TLM-04")
def test_whole_and_partial_recording(tmp_path: Path) -> None:
    done = run(tmp_path, line() + "\n" + line("s2", seconds=12))
    whole, part = (SessionResult.from_json(json.loads(one)) for one in done.stdout.splitlines())
    assert whole.pose is not None
    assert part.pose is not None
    assert 0 < part.pose.reps < whole.pose.reps
    assert whole.stream is not None
    assert (
        tmp_path / "blobs" / str(whole.stream.view_key)
    ).stat().st_size == whole.stream.view_bytes


@pytest.mark.parametrize(
    "document", ["{", line(file="missing.npz"), line(claims={}), line(seconds=-1)]
)
def test_wrong_input_is_one_line(tmp_path: Path, document: str) -> None:
    done = run(tmp_path, document)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
