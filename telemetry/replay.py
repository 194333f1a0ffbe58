"""Replay blobs: everything as it came (for recomputing) and a small one that a page can draw.

Full replay: gzip members one after the other. The first holds the index: magic "RXPI", version u8,
3 zero bytes, count u32, then for each batch sequence u32 and length u32 of its member; the members
follow in that order. Any gzip reader can also inflate the whole file as one stream.

Display replay: one gzip member. magic "RXPV", version u8, flags u8 (1 = mirrored), points u16,
frames u32, width u16, height u16, rate u16 (frames a second), 2 zero bytes; then frames x u32 times
(ms); then int16 columns, one for each of points x (x, y, visibility): the difference to the frame
before, in steps of 1e-4. All little-endian. Offsets are multiples of 4.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telemetry.aggregate.recording import Recording
from telemetry.codec import MAX_INFLATED, POINTS
from telemetry.inflate import deflate, inflate

INDEX_MAGIC = b"RXPI"
VIEW_MAGIC = b"RXPV"
VERSION = 1
VIEW_RATE = 15
VIEW_CHANNELS = 3
STEP = 1e-4
_INDEX = struct.Struct("<4sB3xI")
_ENTRY = struct.Struct("<II")
_VIEW = struct.Struct("<4sBBHIHHH2x")
_GZIP_WINDOW = 31
_MOST_INDEX_BYTES = 1 << 20


class BadReplay(ValueError):
    """The bytes are not a replay of this kind."""


def full_replay(batches: Sequence[tuple[int, bytes]]) -> bytes:
    """Join gzip members without inflating them."""
    index = _INDEX.pack(INDEX_MAGIC, VERSION, len(batches)) + b"".join(
        _ENTRY.pack(sequence, len(member)) for sequence, member in batches
    )
    return b"".join([deflate(index), *(member for _, member in batches)])


def replay_batches(blob: bytes) -> Iterator[tuple[int, bytes]]:
    """(sequence, batch before gzip) of a full replay, in order. Raises BadReplay."""
    machine = zlib.decompressobj(_GZIP_WINDOW)
    index = machine.decompress(blob, _MOST_INDEX_BYTES)
    if not machine.eof or len(index) < _INDEX.size or index[:4] != INDEX_MAGIC:
        raise BadReplay("no index")
    members = memoryview(blob)[len(blob) - len(machine.unused_data) :]
    if not machine.unused_data:
        members = memoryview(b"")
    offset = 0
    for sequence, length in _ENTRY.iter_unpack(index[_INDEX.size :]):
        yield sequence, inflate(bytes(members[offset : offset + length]), MAX_INFLATED)
        offset += length


def display_replay(recording: Recording, *, mirrored: bool) -> bytes:
    """About 15 frames a second of x, y and visibility."""
    times_ms = np.rint(recording.times * 1000).astype("<u4")
    kept = _thinned(times_ms)
    columns = recording.image[kept][:, :, (0, 1, 3)].reshape(int(kept.size), -1).T
    steps = np.clip(np.rint(np.nan_to_num(columns) / STEP), -32767, 32767).astype("<i2")
    deltas = np.diff(steps, axis=1, prepend=np.zeros((len(steps), 1), "<i2")).astype("<i2")
    header = _VIEW.pack(
        VIEW_MAGIC,
        VERSION,
        int(mirrored),
        POINTS,
        int(kept.size),
        recording.width,
        recording.height,
        VIEW_RATE,
    )
    return deflate(header + times_ms[kept].tobytes() + deltas.tobytes())


def _thinned(times_ms: NDArray[np.uint32]) -> NDArray[np.intp]:
    """The first frame of each 1/15 s since the beginning."""
    slots = (times_ms - times_ms[:1]) * VIEW_RATE // 1000
    kept: NDArray[np.intp] = np.unique(slots, return_index=True)[1]
    return kept


@dataclass(frozen=True)
class DisplayReplay:
    """What a page draws: times_ms (F,), points (F, 33, 3) of x, y, visibility."""

    width: int
    height: int
    rate: int
    mirrored: bool
    times_ms: NDArray[np.uint32]
    points: NDArray[np.float32]


def read_display_replay(blob: bytes) -> DisplayReplay:
    """The page's decoder, in Python, for tests and tools. Raises BadReplay."""
    raw = zlib.decompress(blob, _GZIP_WINDOW)
    if len(raw) < _VIEW.size or raw[:4] != VIEW_MAGIC:
        raise BadReplay("not a display replay")
    _, _, mirrored, points, frames, width, height, rate = _VIEW.unpack_from(raw)
    times_end = _VIEW.size + 4 * frames
    times = np.frombuffer(raw[_VIEW.size : times_end], dtype="<u4")
    deltas = np.frombuffer(raw[times_end:], dtype="<i2").reshape(points * VIEW_CHANNELS, frames)
    steps = np.cumsum(deltas, axis=1, dtype=np.int16).T.astype(np.float32)
    return DisplayReplay(
        width, height, rate, bool(mirrored), times, (steps * STEP).reshape(frames, points, -1)
    )
