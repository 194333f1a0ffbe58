"""Joint angles of every frame, in the image plane and in space."""

import numpy as np

from telemetry.aggregate.exercises import Angle
from telemetry.aggregate.landmarks import Side, index_of
from telemetry.aggregate.recording import FloatArray, Recording


def image_angle(recording: Recording, angle: Angle, side: Side) -> FloatArray:
    """(T,) degrees in the image plane, corrected for the aspect ratio of the picture."""
    reference, vertex, distal = (recording.pixels(i) for i in _indices(angle, side))
    return _joint_angle(angle, reference - vertex, distal - vertex)


def world_angle(world: FloatArray, angle: Angle, side: Side) -> FloatArray:
    """(T,) degrees in space, from (T, 33, 4) world landmarks."""
    inward, outward = segments(world, angle, side)
    return _joint_angle(angle, inward, outward)


def segments(world: FloatArray, angle: Angle, side: Side) -> tuple[FloatArray, FloatArray]:
    """The two limb segments that meet at the joint, each (T, 3) metres, away from the joint."""
    reference, vertex, distal = (world[:, i, :3].astype(np.float64) for i in _indices(angle, side))
    return reference - vertex, distal - vertex


def _indices(angle: Angle, side: Side) -> tuple[int, int, int]:
    return (
        index_of(angle.reference, side),
        index_of(angle.vertex, side),
        index_of(angle.distal, side),
    )


def _joint_angle(angle: Angle, inward: FloatArray, outward: FloatArray) -> FloatArray:
    degrees = _between(inward, outward)
    return 180.0 - degrees if angle.flexion else degrees


def _between(first: FloatArray, second: FloatArray) -> FloatArray:
    """Angle between vectors in degrees; NaN where either has no length (no direction)."""
    dots = np.einsum("ij,ij->i", first, second)
    squares = np.einsum("ij,ij->i", first, first) * np.einsum("ij,ij->i", second, second)
    lengths = np.sqrt(squares)
    cosine = np.divide(dots, lengths, out=np.full_like(dots, np.nan), where=lengths > 1e-12)
    result: FloatArray = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    return result
