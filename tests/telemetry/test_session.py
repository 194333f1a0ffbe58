"""Whole sessions over HTTP: from the first batch to the result that the application receives."""

import gzip
import json

import pytest

from telemetry.aggregate.finalise import pose_figures
from telemetry.aggregate.recording import recording_from_frames
from telemetry.client import batches_of, stream
from telemetry.contract import (
    CONSENT_WITHDRAWN,
    MediaEvent,
    SessionEnd,
    Tracking,
    consent_key,
    replay_key,
    view_key,
)
from telemetry.recording_file import RecordingFile
from telemetry.replay import read_display_replay, replay_batches
from tests.telemetry.running import Application, Telemetry, until


@pytest.mark.proves("TLM-01", "TLM-03", "TLM-04")
@pytest.mark.parametrize("version", [1, 2])
def test_a_streamed_recording_comes_back_as_figures(
    telemetry: Telemetry, app: Application, squat_file: RecordingFile, version: int
) -> None:
    count = stream(telemetry.session(), squat_file, version=version)
    (result,) = app.wait()
    assert result.pose is not None
    assert result.stream is not None
    assert (result.session_id, result.organization_id, result.principal_id) == (
        "s1",
        "clinic-a",
        "p-1",
    )
    assert (result.pose.reps, result.pose.completion, result.ended_reason) == (9, 1.0, "completed")
    assert (result.stream.batches, result.stream.dropped_batches) == (count, 0)
    assert (result.stream.frames, result.stream.width, result.stream.height) == (260, 1920, 1080)
    assert result.stream.tracker == "recording"


@pytest.mark.proves("TLM-04")
def test_the_wire_changes_no_digit(
    telemetry: Telemetry, app: Application, squat_file: RecordingFile
) -> None:
    stream(telemetry.session(), squat_file)
    (result,) = app.wait()
    recording = recording_from_frames(
        squat_file.times_ms, squat_file.image, squat_file.world, 1920, 1080
    )
    assert result.pose == pose_figures(recording, Tracking("squat", target_reps=9))


@pytest.mark.proves("TLM-03")
def test_replays_lie_where_the_application_reads(
    telemetry: Telemetry, app: Application, squat_file: RecordingFile
) -> None:
    count = stream(telemetry.session(), squat_file)
    (result,) = app.wait()
    assert result.stream is not None
    full = (telemetry.blobs / replay_key("clinic-a", "s1")).read_bytes()
    view = (telemetry.blobs / view_key("clinic-a", "s1")).read_bytes()
    assert (result.stream.replay_bytes, result.stream.view_bytes) == (len(full), len(view))
    assert [number for number, _ in replay_batches(full)] == list(range(count))
    assert gzip.decompress(full)
    drawn = read_display_replay(view)
    assert (drawn.width, drawn.height, drawn.mirrored) == (1920, 1080, False)
    assert len(view) < len(full) / 4


@pytest.mark.proves("TLM-03")
def test_late_repeated_and_shuffled_batches_change_nothing(
    telemetry: Telemetry, app: Application, squat_file: RecordingFile
) -> None:
    batches = list(batches_of(squat_file))
    stream(telemetry.session("plain"), squat_file)
    shuffled = telemetry.session("mixed")
    end = SessionEnd(last_sequence=len(batches) - 1, tracker="recording")
    for batch in [*batches[13:], *batches[:10], *batches[5:10], *batches[13:15]]:
        assert shuffled.frames(batch).status == 202
    assert shuffled.end(end).status == 202
    for batch in batches[10:13]:
        assert shuffled.frames(batch).status == 202
    results = {result.session_id: result for result in app.wait(2)}
    assert results["plain"].pose == results["mixed"].pose
    mixed = results["mixed"].stream
    assert mixed is not None
    assert (mixed.duplicate_batches, mixed.conflicting_batches, mixed.dropped_batches) == (7, 0, 0)


@pytest.mark.proves("TLM-03")
def test_another_content_under_a_known_number_is_flagged_and_the_first_wins(
    telemetry: Telemetry, app: Application, squat_file: RecordingFile
) -> None:
    batches = list(batches_of(squat_file))
    client = telemetry.session()
    client.frames(batches[0])
    forged = batches[5]
    answer = client.frames(type(forged)(**{**vars(forged), "sequence": 0}))
    assert (answer.status, answer.body["status"]) == (202, "conflict")
    client.end(SessionEnd(last_sequence=0))
    (result,) = app.wait()
    assert result.stream is not None
    assert (result.stream.conflicting_batches, result.stream.frames) == (1, batches[0].frames)


@pytest.mark.proves("TLM-03")
def test_lost_batches_are_counted_and_the_rest_is_used(
    telemetry: Telemetry, app: Application, squat_file: RecordingFile
) -> None:
    client = telemetry.session()
    batches = list(batches_of(squat_file))
    for batch in batches:
        if batch.sequence not in {3, 4, 20}:
            client.frames(batch)
    client.end(SessionEnd(last_sequence=len(batches) - 1))
    (result,) = app.wait()
    assert result.stream is not None
    assert result.pose is not None
    assert result.stream.dropped_batches == 3
    assert 6 <= result.pose.reps <= 9
    assert result.pose.coverage < 0.95


@pytest.mark.proves("TLM-03")
def test_after_the_end_nothing_is_taken(
    telemetry: Telemetry, app: Application, squat_file: RecordingFile
) -> None:
    client = telemetry.session()
    batches = list(batches_of(squat_file))
    client.frames(batches[0])
    client.end(SessionEnd(last_sequence=0))
    beyond = client.frames(batches[1])
    app.wait()
    late = client.frames(batches[0])
    assert (beyond.status, late.status) == (409, 409)
    assert late.body["error"]["code"] == "session_over"
    again = client.end(SessionEnd(last_sequence=0))
    assert (again.status, again.body["status"]) == (202, "already_ended")
    assert len(app.results) == 1


@pytest.mark.proves("TLM-03")
def test_a_session_without_an_end_is_finalised_when_its_token_has_expired(
    telemetry: Telemetry, app: Application, squat_file: RecordingFile
) -> None:
    import time

    client = telemetry.session(expires_at=int(time.time()) + 1)
    for batch in list(batches_of(squat_file))[:4]:
        assert client.frames(batch).status == 202
    (result,) = app.wait()
    assert result.ended_reason == "abandoned"
    assert result.pose is not None
    assert result.pose.reps >= 1


@pytest.mark.proves("TLM-02")
def test_withdrawal_acts_at_once_and_erases_what_was_spooled(
    telemetry: Telemetry, app: Application, squat_file: RecordingFile
) -> None:
    client = telemetry.session()
    batches = list(batches_of(squat_file))
    assert client.frames(batches[0]).status == 202
    telemetry.flags.set(consent_key("clinic-a", "s1"), CONSENT_WITHDRAWN)
    refused = client.frames(batches[1])
    assert (refused.status, refused.body["error"]["code"]) == (403, "consent_withdrawn")
    (result,) = app.wait()
    assert (result.ended_reason, result.pose, result.stream) == ("consent_withdrawn", None, None)
    assert not list(telemetry.blobs.rglob("*.gz"))
    until(lambda: not list((telemetry.folder / "spool" / "open").rglob("*.spool")))


@pytest.mark.proves("TLM-05", "TLM-09")
def test_player_events_become_viewing_figures(telemetry: Telemetry, app: Application) -> None:
    client = telemetry.session(scopes=("media",), tracking=None)
    events = [
        MediaEvent("session_start", 0, "film", 0.0, 40.0),
        MediaEvent("play", 100, "film", 0.0),
        MediaEvent("heartbeat", 10_100, "film", 10.0),
        MediaEvent("milestone", 10_200, "film", 10.1, percent=25),
        MediaEvent("buffering_start", 12_100, "film", 12.0),
        MediaEvent("buffering_end", 13_600, "film", 12.0),
        MediaEvent("pause", 21_600, "film", 20.0),
        MediaEvent("session_end", 30_000, "film", 20.0),
    ]
    assert client.media(events[:4]).status == 202
    assert client.media(events[2:]).status == 202
    client.end(SessionEnd())
    (result,) = app.wait()
    (film,) = result.media
    assert (film.watched_s, film.watched_percent, film.milestones) == (20.0, 50.0, (25,))
    assert [(one.at_ms, one.length_ms) for one in film.buffering] == [(12_100, 1500)]
    assert (film.plays, film.pauses, result.pose) == (1, 1, None)


@pytest.mark.proves("TLM-04")
def test_repeating_a_session_gives_the_same_bytes(
    telemetry: Telemetry, app: Application, squat_file: RecordingFile
) -> None:
    for name in ("one", "two"):
        stream(telemetry.session(name), squat_file)
        app.wait(1 if name == "one" else 2)
    first, second = (json.loads(body) for body in app.bodies)
    keep = ("pose", "media", "ended_reason")
    assert [first[name] for name in keep] == [second[name] for name in keep]
    one, two = ((telemetry.blobs / replay_key("clinic-a", n)).read_bytes() for n in ("one", "two"))
    assert one == two
