"""Replay blobs: split again, drawn in a browser's way, refused when they are something else."""

import gzip
import struct
import zlib

import numpy as np
import pytest

from telemetry.client import batches_of
from telemetry.codec import decode_batch, encode_batch
from telemetry.inflate import deflate
from telemetry.recording_file import RecordingFile
from telemetry.replay import (
    BadReplay,
    display_replay,
    full_replay,
    read_display_replay,
    replay_batches,
)
from tests.telemetry.stick_figure import squats

pytestmark = pytest.mark.proves("TLM-03", "TLM-05")


def test_a_full_replay_can_be_split_into_its_batches(squat_file: RecordingFile) -> None:
    sent = list(batches_of(squat_file))
    blob = full_replay([(one.sequence, deflate(encode_batch(one))) for one in sent])
    got = [decode_batch(raw) for _, raw in replay_batches(blob)]
    assert [one.sequence for one in got] == [one.sequence for one in sent]
    assert np.array_equal(np.concatenate([one.image for one in got]), squat_file.image)


def test_an_empty_replay_is_sound() -> None:
    assert list(replay_batches(full_replay([]))) == []


def test_other_bytes_are_no_replay() -> None:
    with pytest.raises(BadReplay):
        list(replay_batches(deflate(b"something else")))
    with pytest.raises(BadReplay):
        read_display_replay(deflate(b"something else that is long enough"))


def test_the_display_replay_is_drawn_from_the_documented_layout() -> None:
    """Decoded by hand, as a page does it: docs/telemetry.md."""
    recording = squats(2)
    raw = gzip.decompress(display_replay(recording, mirrored=True))
    magic, version, flags, points, frames, width, height, rate = struct.unpack_from(
        "<4sBBHIHHH", raw
    )
    assert (magic, version, flags, points, width, height, rate) == (b"RXPV", 1, 1, 33, 640, 480, 15)
    times = struct.unpack_from(f"<{frames}I", raw, 20)
    deltas = struct.unpack_from(f"<{frames * 99}h", raw, 20 + 4 * frames)
    assert len(raw) == 20 + 4 * frames + 2 * frames * 99
    knee_x = np.cumsum(deltas[(25 * 3) * frames : (25 * 3 + 1) * frames]) * 1e-4
    kept = np.searchsorted(np.rint(recording.times * 1000), times)
    assert np.abs(knee_x - recording.image[kept, 25, 0]).max() < 1e-4
    assert 14 <= frames / (times[-1] / 1000) <= 16


def test_ten_minutes_fit_a_phone() -> None:
    recording = squats(60)
    blob = display_replay(recording, mirrored=False)
    assert len(zlib.decompress(blob, 31)) < 1_000_000
    assert len(blob) < 300_000
    assert read_display_replay(blob).points.shape[1:] == (33, 3)
