"""Peaks of an even curve by prominence, distance and width (standard definitions)."""

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
    candidates = [
        Peak(index, height)
        for index in _local_maxima(curve)
        if (height := _prominence(curve, index)) >= prominence
    ]
    wide = [peak for peak in candidates if _half_width(curve, peak) >= width]
    return sorted(_spaced(curve, wide, distance), key=lambda peak: peak.index)


def _local_maxima(curve: FloatArray) -> list[int]:
    """Middle of every plateau that falls on both sides."""
    if curve.size < 3:
        return []
    starts = np.flatnonzero(np.r_[True, np.diff(curve) != 0])
    values = curve[starts]
    ends = np.r_[starts[1:], curve.size] - 1
    high = np.flatnonzero((values[1:-1] > values[:-2]) & (values[1:-1] > values[2:])) + 1
    return [int(i) for i in (starts[high] + ends[high]) // 2]


def _prominence(curve: FloatArray, index: int) -> float:
    """Height above the higher of the two lowest points before something higher is met.

    Where the recording begins or ends first, that side is unknown and the other one decides: a
    movement that was cut off is still seen, and judged by whoever looks at its two flanks.
    """
    left, right = _reach(curve, index)
    before, after = float(curve[left : index + 1].min()), float(curve[index : right + 1].min())
    known = [
        base
        for base, cut_off in ((before, left == 0), (after, right == curve.size - 1))
        if not cut_off
    ]
    base = max(known) if known else min(before, after)
    return float(curve[index]) - base


def _reach(curve: FloatArray, index: int) -> tuple[int, int]:
    """The stretch around a peak in which nothing is higher."""
    above_left = np.flatnonzero(curve[:index] > curve[index])
    above_right = np.flatnonzero(curve[index + 1 :] > curve[index])
    left = int(above_left[-1]) + 1 if above_left.size else 0
    right = index + int(above_right[0]) if above_right.size else curve.size - 1
    return left, right


def _half_width(curve: FloatArray, peak: Peak) -> float:
    level = curve[peak.index] - peak.prominence / 2
    below_left = np.flatnonzero(curve[: peak.index] < level)
    below_right = np.flatnonzero(curve[peak.index + 1 :] < level)
    left = int(below_left[-1]) if below_left.size else 0
    right = peak.index + 1 + int(below_right[0]) if below_right.size else curve.size - 1
    return float(right - left)


def _spaced(curve: FloatArray, peaks: list[Peak], distance: int) -> list[Peak]:
    """Keep the highest of any that stand closer than `distance`."""
    kept: list[Peak] = []
    for peak in sorted(peaks, key=lambda one: (-float(curve[one.index]), one.index)):
        if all(abs(peak.index - other.index) >= distance for other in kept):
            kept.append(peak)
    return kept
