"""Peaks of an even curve by prominence, distance and width (standard definitions)."""

from bisect import bisect, insort
from dataclasses import dataclass

import numpy as np

from telemetry.aggregate.recording import FloatArray


@dataclass(frozen=True)
class Peak:
    """Sample index of a local maximum and its prominence in degrees."""

    index: int
    prominence: float


def find_peaks(curve: FloatArray, prominence: float, distance: int, width: float) -> list[Peak]:
    """Local maxima in order of time. distance and width (at half prominence) in samples."""
    candidates = [peak for peak in _peaks(curve) if peak.prominence >= prominence]
    wide = [peak for peak in candidates if _half_width(curve, peak) >= width]
    return _spaced(curve, wide, distance)


def _local_maxima(curve: FloatArray) -> list[int]:
    """Middle of every plateau that falls on both sides."""
    if curve.size < 3:
        return []
    starts = np.flatnonzero(np.r_[True, np.diff(curve) != 0])
    values = curve[starts]
    ends = np.r_[starts[1:], curve.size] - 1
    high = np.flatnonzero((values[1:-1] > values[:-2]) & (values[1:-1] > values[2:])) + 1
    return [int(i) for i in (starts[high] + ends[high]) // 2]


def _peaks(curve: FloatArray) -> list[Peak]:
    """Every local maximum with its prominence: height above the higher of the two lowest points
    that lie between it and something higher.

    Where the recording begins or ends first, that side is unknown and the other one decides: a
    movement that was cut off is still seen, and judged by whoever looks at its two flanks.
    """
    maxima = _local_maxima(curve)
    if not maxima:
        return []
    knots = np.array([0, *maxima, curve.size - 1])
    heights = curve[knots].tolist()
    valleys = np.minimum.reduceat(curve, knots[:-1]).tolist()
    valleys[-1] = min(valleys[-1], heights[-1])
    return [
        Peak(index, heights[knot] - _base(heights, valleys, knot))
        for knot, index in enumerate(maxima, start=1)
    ]


def _base(heights: list[float], valleys: list[float], knot: int) -> float:
    """Level from which the prominence of a knot is measured. valleys[i] lies after knot i."""
    before, left = valleys[knot - 1], knot - 1
    while left > 0 and heights[left] <= heights[knot]:
        left -= 1
        before = min(before, valleys[left])
    after, right = valleys[knot], knot + 1
    while right < len(heights) - 1 and heights[right] <= heights[knot]:
        after = min(after, valleys[right])
        right += 1
    known = [
        base
        for base, end in ((before, heights[left]), (after, heights[right]))
        if end > heights[knot]
    ]
    return max(known) if known else min(before, after)


def _half_width(curve: FloatArray, peak: Peak) -> float:
    level = curve[peak.index] - peak.prominence / 2
    left = right = peak.index
    while left > 0 and curve[left] >= level:
        left -= 1
    while right < curve.size - 1 and curve[right] >= level:
        right += 1
    return float(right - left)


def _spaced(curve: FloatArray, peaks: list[Peak], distance: int) -> list[Peak]:
    """Keep the highest of any that stand closer than `distance`, in order of time."""
    kept: list[int] = []
    for peak in sorted(peaks, key=lambda one: (-float(curve[one.index]), one.index)):
        place = bisect(kept, peak.index)
        if all(abs(near - peak.index) >= distance for near in kept[max(place - 1, 0) : place + 1]):
            insort(kept, peak.index)
    chosen = set(kept)
    return [peak for peak in peaks if peak.index in chosen]
