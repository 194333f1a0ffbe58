"""From spooled batches to one recording, whatever way they travelled."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from telemetry.aggregate.recording import FloatArray, Recording, recording_from_frames
from telemetry.codec import MAX_INFLATED, Batch, decode_batch
from telemetry.inflate import inflate


@dataclass(frozen=True)
class SessionFrames:
    """Frames in order of time, and the camera as the first batch described it."""

    recording: Recording
    mirrored: bool
    rear_camera: bool


def session_frames(members: Sequence[tuple[int, bytes]]) -> SessionFrames:
    """Join gzip members (one or more, by rising sequence number) into one recording.

    Values were checked before the batch was kept; gzip's checksum says that it still is the same.
    """
    batches = [decode_batch(inflate(member, MAX_INFLATED), checked=True) for _, member in members]
    first = batches[0]
    in_space = all(batch.world is not None for batch in batches)
    recording = recording_from_frames(
        np.concatenate([batch.times_ms for batch in batches]),
        np.concatenate([_in_picture_of(first, batch) for batch in batches]),
        np.concatenate([batch.world for batch in batches if batch.world is not None])
        if in_space
        else None,
        first.width,
        first.height,
    )
    return SessionFrames(recording, first.mirrored, first.rear_camera)


def _in_picture_of(first: Batch, batch: Batch) -> FloatArray:
    """Landmarks in shares of the first picture's size (a phone may be turned in between)."""
    if (batch.width, batch.height) == (first.width, first.height):
        return batch.image
    image = batch.image.copy()
    # Only the aspect matters for angles: keep heights, bring widths to the same unit.
    image[..., 0] *= (batch.width / batch.height) / (first.width / first.height)
    return image
