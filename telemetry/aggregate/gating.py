"""Which samples may be believed: visibility, outliers, impossible speed."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from telemetry.aggregate.exercises import Angle
from telemetry.aggregate.landmarks import Side, index_of
from telemetry.aggregate.recording import BoolArray, FloatArray, Recording

MOVING_VISIBILITY = 0.5
REFERENCE_VISIBILITY = 0.3
# Hips are often below the picture in arm exercises and still stable there.
HIP_REFERENCE_VISIBILITY = 0.15
HAMPEL_SECONDS = 0.5
HAMPEL_MADS = 4.0
HAMPEL_LEAST_DEGREES = 20.0
FASTEST_DEGREES_PER_SECOND = 900.0


def visible(recording: Recording, angle: Angle, side: Side, *, relaxed: bool) -> BoolArray:
    """(T,) frames whose three landmarks were seen well enough.

    `relaxed` accepts a reference landmark outside the picture, where the tracker extrapolates.
    """
    reference = recording.visibility(index_of(angle.reference, side))
    vertex = recording.visibility(index_of(angle.vertex, side)) >= MOVING_VISIBILITY
    distal = recording.visibility(index_of(angle.distal, side)) >= MOVING_VISIBILITY
    enough = reference > 0.0 if relaxed else reference >= _least_reference(angle)
    together: BoolArray = np.logical_and(np.logical_and(vertex, distal), enough)
    return together


def _least_reference(angle: Angle) -> float:
    arm_against_trunk = angle.reference == "hip" and angle.vertex == "shoulder"
    return HIP_REFERENCE_VISIBILITY if arm_against_trunk else REFERENCE_VISIBILITY


def believable(times: FloatArray, degrees: FloatArray, seen: BoolArray) -> BoolArray:
    """(T,) the seen samples without spikes (Hampel filter, then a speed limit on both sides)."""
    keep: BoolArray = np.logical_and(seen, np.isfinite(degrees))
    keep[keep] = _not_outlier(times[keep], degrees[keep])
    keep[keep] = _not_spike(times[keep], degrees[keep])
    return keep


def _not_outlier(times: FloatArray, degrees: FloatArray) -> BoolArray:
    if degrees.size < 5:
        return np.ones(degrees.size, dtype=bool)
    half = max(2, round(HAMPEL_SECONDS / 2 / float(np.median(np.diff(times)))))
    half = min(half, degrees.size - 1)
    windows = sliding_window_view(np.pad(degrees, half, mode="reflect"), 2 * half + 1)
    # Only a sample far from something in its window can be far from the window's median.
    lowest, highest = _running_extremes(windows)
    suspects = np.flatnonzero(
        np.maximum(degrees - lowest, highest - degrees) > HAMPEL_LEAST_DEGREES
    )
    middle = np.median(windows[suspects], axis=1)
    far = np.abs(degrees[suspects] - middle) > HAMPEL_LEAST_DEGREES
    suspects, middle = suspects[far], middle[far]
    spread = 1.4826 * np.median(np.abs(windows[suspects] - middle[:, None]), axis=1)
    keep = np.ones(degrees.size, dtype=bool)
    keep[suspects] = np.abs(degrees[suspects] - middle) <= HAMPEL_MADS * spread
    return keep


def _running_extremes(windows: FloatArray) -> tuple[FloatArray, FloatArray]:
    lowest, highest = windows[:, 0].copy(), windows[:, 0].copy()
    for column in range(1, windows.shape[1]):
        np.minimum(lowest, windows[:, column], out=lowest)
        np.maximum(highest, windows[:, column], out=highest)
    return lowest, highest


def _not_spike(times: FloatArray, degrees: FloatArray) -> BoolArray:
    """Refuse a sample that was reached and left faster than a joint can move."""
    if degrees.size < 3:
        return np.ones(degrees.size, dtype=bool)
    fast = np.abs(np.diff(degrees)) > FASTEST_DEGREES_PER_SECOND * np.diff(times)
    keep = np.ones(degrees.size, dtype=bool)
    keep[1:-1] = ~(fast[:-1] & fast[1:])
    return keep
