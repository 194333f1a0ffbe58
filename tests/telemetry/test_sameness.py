"""The result depends on the set of frames alone: not on order, repeats, borders or codec."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.buffer import Kept, SessionKey, SessionState, SpooledSession
from telemetry.client import batches_of
from telemetry.codec import encode_batch
from telemetry.contract import SessionEnd, SessionResult
from telemetry.inflate import deflate, fingerprint
from telemetry.recording_file import RecordingFile
from telemetry.session_result import finish
from tests.telemetry.running import session_claims

pytestmark = pytest.mark.proves("TLM-03", "TLM-04")


def spooled(
    recording: RecordingFile, batch_ms: int, order: random.Random | None = None, version: int = 1
) -> SpooledSession:
    """A session as the buffer would hand it over after arrivals in some order, some twice."""
    state = SessionState(SessionKey("clinic-a", "s1"), session_claims(), 0.0)
    arrivals = [
        (batch.sequence, deflate(encode_batch(batch, version)))
        for batch in batches_of(recording, batch_ms)
    ]
    expected = len(arrivals)
    if order is not None:
        arrivals += order.sample(arrivals, k=len(arrivals) // 3)
        order.shuffle(arrivals)
    kept: dict[int, bytes] = {}
    for sequence, member in arrivals:
        verdict = state.judge(sequence, member)
        state.note(sequence, verdict, fingerprint(member), len(member))
        if verdict is Kept.STORED:
            kept[sequence] = member
    state.end = SessionEnd(last_sequence=expected - 1)
    return SpooledSession(state, tuple(sorted(kept.items())), ())


def result(session: SpooledSession) -> SessionResult:
    """Computed with everything allowed."""
    return finish(session, keep_pose=True, keep_media=True).result


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_order_and_repeats_change_nothing(squat_file: RecordingFile, seed: int) -> None:
    plain = finish(spooled(squat_file, 1000), keep_pose=True, keep_media=True)
    mixed = finish(spooled(squat_file, 1000, random.Random(seed)), keep_pose=True, keep_media=True)
    assert mixed.result.pose == plain.result.pose
    assert mixed.blobs == plain.blobs


@given(batch_ms=st.integers(120, 20_000))
@settings(max_examples=10, deadline=None)
def test_batch_borders_change_nothing(squat_file: RecordingFile, batch_ms: int) -> None:
    assert result(spooled(squat_file, batch_ms)).pose == result(spooled(squat_file, 1000)).pose


def test_the_same_session_gives_the_same_bytes(squat_file: RecordingFile) -> None:
    first, second = (
        finish(spooled(squat_file, 1000), keep_pose=True, keep_media=True) for _ in range(2)
    )
    assert first.body == second.body
    assert first.blobs == second.blobs


def test_the_compact_codec_tells_the_same_repetitions(squat_file: RecordingFile) -> None:
    plain, compact = (result(spooled(squat_file, 1000, version=v)).pose for v in (1, 2))
    assert plain is not None
    assert compact is not None
    assert plain.reps == compact.reps
    assert plain.rom_deg == pytest.approx(compact.rom_deg, abs=0.2)


def test_a_phone_turned_in_between_bends_no_angle(squat_file: RecordingFile) -> None:
    """The second half arrives with a picture of another format; the person is the same."""
    half = len(squat_file.times_ms) // 2
    image = squat_file.image.copy()
    # From 1920 x 1080 to 1080 x 1080 with the same heights: x in other units.
    image[half:, :, 0] *= 1920 / 1080
    session = spooled(squat_file, 1000)
    turned = RecordingFile(
        squat_file.times_ms[half:], image[half:], _half(squat_file.world, half), 1080, 1080
    )
    fits = np.abs(turned.image[..., 0]).max() < 3
    assert fits
    first = RecordingFile(
        squat_file.times_ms[:half],
        squat_file.image[:half],
        _half(squat_file.world, 0, half),
        1920,
        1080,
    )
    batches = [*batches_of(first), *batches_of(turned)]
    members = tuple((n, deflate(encode_batch(batch))) for n, batch in enumerate(batches))
    got = result(SpooledSession(session.state, members, ())).pose
    expected = result(session).pose
    assert got is not None
    assert expected is not None
    assert got.reps == expected.reps == 9
    assert got.rom_deg == pytest.approx(expected.rom_deg, abs=0.2)


def _half(world: np.ndarray | None, start: int, end: int | None = None) -> np.ndarray | None:
    return None if world is None else world[start:end]


def test_withdrawn_frames_are_neither_computed_nor_stored(squat_file: RecordingFile) -> None:
    finished = finish(spooled(squat_file, 1000), keep_pose=False, keep_media=True)
    assert (finished.result.pose, finished.result.stream, finished.blobs) == (None, None, ())
    assert finished.result.ended_reason == "consent_withdrawn"


def test_the_result_survives_json(squat_file: RecordingFile) -> None:
    import json

    finished = finish(spooled(squat_file, 1000), keep_pose=True, keep_media=True)
    assert SessionResult.from_json(json.loads(finished.body)) == finished.result
