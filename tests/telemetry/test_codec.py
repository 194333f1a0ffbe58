"""Batches to bytes and back, and every way in which bytes can be wrong."""

import gzip
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.codec import MAX_INFLATED, Batch, decode_batch, encode_batch
from telemetry.contract import MAX_FRAMES_PER_BATCH, VERSION_FLOAT32, VERSION_INT16
from telemetry.inflate import deflate, inflate
from telemetry.refusals import Refusal

pytestmark = pytest.mark.proves("TLM-03")


def batch(frames: int = 30, *, world: bool = True, seed: int = 1, **changes: object) -> Batch:
    """A batch of smooth movement."""
    random = np.random.default_rng(seed)
    drift = random.normal(0, 0.004, (frames, 33, 4)).cumsum(axis=0)
    image = np.clip(drift + random.uniform(0.2, 0.8, (1, 33, 4)), 0, 1).astype(np.float32)
    made = Batch(
        sequence=4,
        width=640,
        height=480,
        times_ms=(np.arange(frames) * 33 + 5000).astype(np.uint32),
        image=image,
        world=(image[..., :3] - 0.5).astype(np.float32) if world else None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@given(
    frames=st.integers(1, MAX_FRAMES_PER_BATCH),
    world=st.booleans(),
    mirrored=st.booleans(),
    rear=st.booleans(),
    sequence=st.integers(0, 14_400),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=25, deadline=None)
def test_float32_returns_every_bit(
    frames: int, world: bool, mirrored: bool, rear: bool, sequence: int, seed: int
) -> None:
    sent = batch(
        frames, world=world, seed=seed, mirrored=mirrored, rear_camera=rear, sequence=sequence
    )
    _same(decode_batch(encode_batch(sent, VERSION_FLOAT32)), sent, 0.0)


@given(frames=st.integers(1, 60), world=st.booleans(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_int16_is_within_half_a_step(frames: int, world: bool, seed: int) -> None:
    sent = batch(frames, world=world, seed=seed)
    _same(decode_batch(encode_batch(sent, VERSION_INT16)), sent, 5.1e-5)


def _same(got: Batch, sent: Batch, tolerance: float) -> None:
    assert (got.sequence, got.width, got.height) == (sent.sequence, sent.width, sent.height)
    assert (got.mirrored, got.rear_camera) == (sent.mirrored, sent.rear_camera)
    assert np.array_equal(got.times_ms, sent.times_ms)
    assert np.abs(got.image - sent.image).max() <= tolerance
    assert (got.world is None) == (sent.world is None)
    if got.world is not None and sent.world is not None:
        assert np.abs(got.world - sent.world).max() <= tolerance


def test_the_layout_is_the_documented_one() -> None:
    """Written by hand from docs/telemetry.md, so that the document and the code cannot part."""
    times = struct.pack("<2I", 7, 40)
    points = struct.pack("<264f", *([0.5, 0.25, -0.1, 0.9] * 66))
    header = struct.pack("<4sBBHIHH", b"RXPF", 1, 2, 2, 11, 320, 240)
    got = decode_batch(header + times + points)
    assert (got.sequence, got.width, got.height, got.mirrored) == (11, 320, 240, True)
    assert got.times_ms.tolist() == [7, 40]
    assert got.image[1, 32].tolist() == pytest.approx([0.5, 0.25, -0.1, 0.9])


def test_the_compact_form_is_a_third_of_the_size() -> None:
    plain, compact = (len(deflate(encode_batch(batch(), v))) for v in (1, 2))
    assert compact < 0.45 * plain


def _refused(raw: bytes) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        decode_batch(raw)
    return caught.value.status, caught.value.code


def _with(landmark: float, where: tuple[int, int, int], *, world: bool = False) -> bytes:
    wrong = batch()
    target = wrong.world if world else wrong.image
    assert target is not None
    target[where] = landmark
    return encode_batch(wrong)


RAW = encode_batch(batch())
WRONG = {
    "empty": (b"", (400, "truncated")),
    "half a header": (RAW[:9], (400, "truncated")),
    "another magic": (b"XXXX" + RAW[4:], (400, "bad_magic")),
    "unknown version": (RAW[:4] + b"\x09" + RAW[5:], (400, "unknown_version")),
    "unknown flag": (RAW[:5] + b"\x80" + RAW[6:], (400, "unknown_version")),
    "cut": (RAW[:-1], (400, "length_mismatch")),
    "too long": (RAW + b"\0", (400, "length_mismatch")),
    "frame count": (RAW[:6] + b"\x1d\0" + RAW[8:], (400, "length_mismatch")),
    "no frames": (RAW[:6] + b"\0\0" + RAW[8:], (422, "no_frames")),
    "too many": (RAW[:6] + b"\xff\xff" + RAW[8:], (422, "too_many_frames")),
    "sequence": (RAW[:8] + b"\xff" * 4 + RAW[12:], (422, "sequence_out_of_range")),
    "no width": (RAW[:12] + b"\0\0" + RAW[14:], (422, "no_picture_size")),
    "no height": (RAW[:14] + b"\0\0" + RAW[16:], (422, "no_picture_size")),
    "nan": (_with(np.nan, (3, 4, 0)), (422, "not_finite")),
    "infinite": (_with(np.inf, (3, 4, 1)), (422, "not_finite")),
    "nan depth": (_with(np.nan, (3, 4, 2)), (422, "not_finite")),
    "nan visibility": (_with(np.nan, (3, 4, 3)), (422, "not_finite")),
    "nan world": (_with(np.nan, (3, 4, 2), world=True), (422, "not_finite")),
    "far out": (_with(3.01, (3, 4, 0)), (422, "out_of_range")),
    "far out, negative": (_with(-3.01, (3, 4, 1)), (422, "out_of_range")),
    "deep": (_with(1e30, (3, 4, 2)), (422, "out_of_range")),
    "far world": (_with(1e6, (3, 4, 2), world=True), (422, "out_of_range")),
    "visibility above 1": (_with(1.5, (0, 0, 3)), (422, "out_of_range")),
    "visibility below 0": (_with(-0.5, (0, 0, 3)), (422, "out_of_range")),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_every_wrong_batch_has_its_own_answer(name: str) -> None:
    raw, answer = WRONG[name]
    assert _refused(raw) == answer


def test_times_must_not_go_backwards_and_must_end() -> None:
    times = batch().times_ms.copy()
    times[7] = times[8] + 1
    assert _refused(encode_batch(batch(times_ms=times))) == (422, "time_backwards")
    late = batch().times_ms + np.uint32(4 * 3600 * 1000)
    assert _refused(encode_batch(batch(times_ms=late))) == (422, "time_out_of_range")


def test_equal_times_are_taken() -> None:
    assert decode_batch(encode_batch(batch(times_ms=np.full(30, 9, np.uint32)))).frames == 30


GZIP = deflate(RAW)
BAD_GZIP = {
    "nothing": (b"", (400, "not_gzip")),
    "plain": (RAW, (400, "not_gzip")),
    "zlib": (b"\x78\x9c" + GZIP[2:], (400, "not_gzip")),
    "cut": (GZIP[:-5], (400, "truncated")),
    "flipped": (GZIP[:-6] + bytes([GZIP[-6] ^ 255]) + GZIP[-5:], (400, "corrupt")),
    "second member": (GZIP + GZIP, (400, "trailing_data")),
    "tail": (GZIP + b"x", (400, "trailing_data")),
    "bomb": (gzip.compress(bytes(50_000_000)), (413, "inflated_too_large")),
}


@pytest.mark.parametrize("name", sorted(BAD_GZIP))
def test_bad_gzip_is_refused(name: str) -> None:
    body, answer = BAD_GZIP[name]
    with pytest.raises(Refusal) as caught:
        inflate(body, MAX_INFLATED)
    assert (caught.value.status, caught.value.code) == answer


def test_a_bomb_costs_no_more_memory_than_the_limit() -> None:
    import tracemalloc

    bomb = gzip.compress(bytes(200_000_000))
    tracemalloc.start()
    with pytest.raises(Refusal):
        inflate(bomb, MAX_INFLATED)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 * MAX_INFLATED


@given(noise=st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_noise_is_refused_and_never_breaks(noise: bytes) -> None:
    for body in (noise, deflate(noise), deflate(b"RXPF" + noise)):
        with pytest.raises(Refusal):
            decode_batch(inflate(body, MAX_INFLATED))


@given(at=st.integers(0, len(RAW) - 1), value=st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_a_changed_byte_is_refused_or_harmless(at: int, value: int) -> None:
    try:
        got = decode_batch(RAW[:at] + bytes([value]) + RAW[at + 1 :])
    except Refusal:
        return
    assert np.isfinite(got.image).all()
    assert np.abs(got.image[..., :2]).max() <= 3.0
