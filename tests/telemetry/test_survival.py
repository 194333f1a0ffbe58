"""Killed servers, an application that is down, a Redis that is gone: nothing finished is lost."""

import asyncio
import os
import re
import signal
import socket
import time
import urllib.request
from pathlib import Path

import pytest

from telemetry.buffer import SessionKey
from telemetry.client import batches_of
from telemetry.contract import RESULTS_PATH, SessionEnd, replay_key
from telemetry.metrics import Metrics
from telemetry.outbox import Outbox
from telemetry.publish import Publisher
from telemetry.recording_file import RecordingFile
from telemetry.tokens import ServiceTokens
from tests.telemetry.running import (
    SERVICE_SECRET,
    Application,
    application,
    as_a_process,
    free_port,
    in_this_process,
    until,
)


@pytest.mark.proves("TLM-03")
def test_killed_in_the_middle_it_goes_on_where_it_was(
    tmp_path: Path, redis_url: str, app: Application, squat_file: RecordingFile
) -> None:
    batches = list(batches_of(squat_file))
    with as_a_process(tmp_path, redis_url, app.url) as (telemetry, process):
        client = telemetry.session()
        for batch in batches[:15]:
            assert client.frames(batch).status == 202
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    # The power went while a batch was being written.
    spool = tmp_path / "spool" / "open" / "clinic-a" / "s1.spool"
    with spool.open("ab") as file:
        file.write(b"P\xff\x3f\x00\x00half a record")
    with as_a_process(tmp_path, redis_url, app.url) as (telemetry, _):
        client = telemetry.session()
        assert client.frames(batches[14]).body["status"] == "duplicate"
        for batch in batches[15:]:
            assert client.frames(batch).body["status"] == "stored"
        client.end(SessionEnd(last_sequence=len(batches) - 1))
        (result,) = app.wait()
    assert result.pose is not None
    assert result.stream is not None
    assert (result.pose.reps, result.stream.dropped_batches) == (9, 0)


@pytest.mark.proves("TLM-03")
def test_killed_after_the_end_it_finalises_at_the_next_start(
    tmp_path: Path, redis_url: str, squat_file: RecordingFile
) -> None:
    down = free_port()
    batches = list(batches_of(squat_file))
    with as_a_process(tmp_path, redis_url, f"http://127.0.0.1:{down}") as (telemetry, process):
        client = telemetry.session()
        for batch in batches:
            client.frames(batch)
        assert client.end(SessionEnd(last_sequence=len(batches) + 5)).status == 202
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with application(down) as app, in_this_process(tmp_path, redis_url, app.url):
        (result,) = app.wait()
    assert result.pose is not None
    assert result.pose.reps == 9


@pytest.mark.proves("TLM-03")
def test_a_result_waits_until_the_application_is_back(
    tmp_path: Path, redis_url: str, squat_file: RecordingFile
) -> None:
    down = free_port()
    pending = tmp_path / "spool" / "outbox" / "pending"
    with in_this_process(tmp_path, redis_url, f"http://127.0.0.1:{down}") as telemetry:
        client = telemetry.session()
        batch = next(batches_of(squat_file))
        client.frames(batch)
        client.end(SessionEnd(last_sequence=0))
        until(lambda: len(list(pending.glob("*.json"))) == 1)
        assert (telemetry.blobs / replay_key("clinic-a", "s1")).exists()
        with application(down) as app:
            assert len(app.wait()) == 1
            until(lambda: not list(pending.glob("*.json")))


@pytest.mark.proves("TLM-02")
def test_without_redis_nothing_is_taken_and_nothing_is_lost(
    tmp_path: Path, app: Application, squat_file: RecordingFile, redis_url: str
) -> None:
    """Fail closed. The settings name a port behind which no Redis listens."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        nowhere = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
        with in_this_process(tmp_path, nowhere, app.url) as telemetry:
            client = telemetry.session(consent=None)
            answer = client.frames(next(batches_of(squat_file)))
            assert (answer.status, answer.body["error"]["code"]) == (503, "consent_unknown")
            assert answer.retry_after > 0
            assert client.end(SessionEnd()).status == 202
            assert app.results == []
    with in_this_process(tmp_path, redis_url, app.url):
        (result,) = app.wait()
    assert (result.session_id, result.pose) == ("s1", None)


@pytest.mark.proves("TLM-03")
def test_blobs_that_cannot_be_stored_are_tried_again(
    tmp_path: Path, redis_url: str, app: Application, squat_file: RecordingFile
) -> None:
    wall = tmp_path / "blobs"
    wall.write_text("a file where the folder should be")
    with in_this_process(tmp_path, redis_url, app.url) as telemetry:
        client = telemetry.session()
        client.frames(next(batches_of(squat_file)))
        client.end(SessionEnd(last_sequence=0))
        until(lambda: _failures(telemetry.url) >= 1)
        assert app.results == []
        wall.unlink()
        (result,) = app.wait()
    assert result.stream is not None
    assert (wall / replay_key("clinic-a", "s1")).exists()


def _failures(url: str) -> float:
    with urllib.request.urlopen(f"{url}/metrics", timeout=20) as answer:
        found = re.search(rb"finalise_failures_total ([0-9.]+)", answer.read())
    return float(found[1]) if found else 0.0


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An outbox with one result."""
    made = Outbox(tmp_path)
    made.prepare()
    made.add(SessionKey("clinic-a", "s1"), b"{}")
    return made


@pytest.mark.proves("TLM-03")
@pytest.mark.parametrize(
    ("status", "waits", "parked"),
    [(500, 1, 0), (503, 1, 0), (429, 1, 0), (409, 1, 0), (302, 0, 1), (401, 0, 1), (422, 0, 1)],
)
def test_what_may_pass_is_tried_again_and_what_cannot_is_kept_with_its_reason(
    tmp_path: Path, app: Application, outbox: Outbox, status: int, waits: int, parked: int
) -> None:
    app.status = status
    publisher = Publisher(outbox, app.url, ServiceTokens(SERVICE_SECRET, time.time), Metrics())
    went_well = asyncio.run(publisher.publish_pending())
    assert app.refused == [RESULTS_PATH]
    assert (went_well, outbox.waiting()) == (waits == 0, waits)
    reasons = [path.read_text() for path in (tmp_path / "parked").glob("*.reason")]
    assert reasons == [f'{{"reason": "HTTP {status}"}}'] * parked
    assert len(list((tmp_path / "parked").glob("*.json"))) == parked
