"""From uneven, gated samples to an even 25 Hz curve without lag."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from telemetry.aggregate.recording import BoolArray, FloatArray

RATE_HZ = 25.0
MEDIAN_SAMPLES = 5
# 0.36 s at 25 Hz, Savitzky and Golay (1964), second order.
SAVITZKY_GOLAY_SAMPLES = 9
OBSERVED_GAP_SECONDS = 0.25
LONG_GAP_SECONDS = 1.0


@dataclass(frozen=True)
class Curve:
    """Even curve: times (N,) s; degrees (N,) smoothed; raw (N,) before smoothing.

    observed (N,): near a believed frame. bridged (N,): inside a gap too long to host a peak.
    """

    times: FloatArray
    degrees: FloatArray
    raw: FloatArray
    observed: BoolArray
    bridged: BoolArray

    @property
    def coverage(self) -> float:
        """Share of the session's time in which the joint was really seen."""
        return float(self.observed.mean()) if self.observed.size else 0.0

    @property
    def range(self) -> float:
        """P97 - P3 in degrees; 0 for an empty curve."""
        return float(np.ptp(np.percentile(self.degrees, (3, 97)))) if self.degrees.size else 0.0

    @property
    def noise(self) -> float:
        """Robust standard deviation of what smoothing took away, degrees."""
        rest = np.abs(self.raw - self.degrees)[self.observed]
        return float(1.4826 * np.median(rest)) if rest.size else 0.0


def even_times(times: FloatArray) -> FloatArray:
    """25 Hz grid from the first frame to the last."""
    if times.size < 2:
        return np.zeros(0)
    count = int(np.floor((times[-1] - times[0]) * RATE_HZ)) + 1
    grid: FloatArray = times[0] + np.arange(count) / RATE_HZ
    return grid


def smooth_curve(times: FloatArray, degrees: FloatArray, believed: BoolArray) -> Curve:
    """Resample the believed samples on the session's grid and smooth them (zero lag)."""
    grid = even_times(times)
    if believed.sum() < 2 or grid.size == 0:
        return _unseen_curve(grid)
    sample_times = times[believed]
    raw = np.interp(grid, sample_times, degrees[believed])
    gaps = _gap_lengths(grid, sample_times)
    allowed = max(OBSERVED_GAP_SECONDS, 2.5 * float(np.median(np.diff(times))))
    degrees_smooth = _savitzky_golay(_running_median(raw))
    return Curve(grid, degrees_smooth, raw, gaps <= allowed, gaps > LONG_GAP_SECONDS)


def _unseen_curve(grid: FloatArray) -> Curve:
    never = np.zeros(grid.size, dtype=bool)
    return Curve(grid, np.zeros(grid.size), np.zeros(grid.size), never, ~never)


def _gap_lengths(grid: FloatArray, sample_times: FloatArray) -> FloatArray:
    """Length of the hole around each grid point; outside the samples it counts as endless."""
    after = np.searchsorted(sample_times, grid, side="left")
    exact = sample_times[np.minimum(after, sample_times.size - 1)] - grid <= 1e-9
    inside = (after > 0) & (after < sample_times.size)
    gaps = np.where(exact & (after < sample_times.size), 0.0, np.inf)
    between = inside & (gaps > 0)
    gaps[between] = sample_times[after[between]] - sample_times[after[between] - 1]
    outside = np.maximum(sample_times[0] - grid, grid - sample_times[-1])
    result: FloatArray = np.where(np.isinf(gaps), np.maximum(outside, 0.0) * 2, gaps)
    return result


def _running_median(values: FloatArray) -> FloatArray:
    windows = sliding_window_view(np.pad(values, MEDIAN_SAMPLES // 2, "edge"), MEDIAN_SAMPLES)
    result: FloatArray = np.median(windows, axis=1)
    return result


def _savitzky_golay(values: FloatArray) -> FloatArray:
    half = SAVITZKY_GOLAY_SAMPLES // 2
    offsets = np.arange(-half, half + 1, dtype=np.float64)
    design = np.vander(offsets, 3, increasing=True)
    weights = np.linalg.pinv(design)[0]
    padded = np.pad(values, half, mode="edge")
    return np.convolve(padded, weights[::-1], mode="valid")
