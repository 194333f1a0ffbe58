"""How much the figures of a set deserve to be believed, 0 to 1."""

import numpy as np

from telemetry.aggregate.recording import FloatArray
from telemetry.aggregate.smoothing import RATE_HZ, Curve

LOW_CONFIDENCE = 0.5
LOW_COVERAGE = 0.6
GOOD_COVERAGE = 0.8
PERIOD_DISAGREEMENT = 0.25
CLEAR_PERIOD = 0.4
DOUBTS = {"period": 0.6, "edge": 0.7, "walking": 0.6}


def set_confidence(curve: Curve, smallest_rom: float, doubts: list[str]) -> float:
    """Coverage x signal to noise (where something moved) x a factor for each doubt."""
    value = min(curve.coverage / GOOD_COVERAGE, 1.0)
    if curve.range >= smallest_rom:
        value *= curve.range / (curve.range + 10.0 * curve.noise)
    for doubt in doubts:
        value *= DOUBTS[doubt]
    return value


def period_disagrees(curve: Curve, first_s: float, last_s: float, count: int) -> bool:
    """Whether a clear rhythm in the working time tells another count (three or more needed)."""
    if count < 3:
        return False
    working = curve.degrees[(curve.times >= first_s) & (curve.times <= last_s)]
    period = _period(working)
    if period is None:
        return False
    return abs((last_s - first_s) / period - count) > PERIOD_DISAGREEMENT * count


def _period(degrees: FloatArray) -> float | None:
    """Seconds of the strongest autocorrelation peak, None when there is no clear one."""
    rest = degrees - degrees.mean()
    size = 1 << (2 * rest.size - 1).bit_length()
    spectrum = np.fft.rfft(rest, size)
    similar = np.fft.irfft(spectrum * np.conj(spectrum), size)[: rest.size // 2]
    if similar.size < 3 or similar[0] <= 0:
        return None
    similar = similar / similar[0] * rest.size / (rest.size - np.arange(similar.size))
    inner = (similar[1:-1] > similar[:-2]) & (similar[1:-1] >= similar[2:])
    lags = np.flatnonzero(inner & (similar[1:-1] >= CLEAR_PERIOD)) + 1
    if not lags.size:
        return None
    strongest = float(similar[lags].max())
    return float(lags[similar[lags] >= 0.9 * strongest][0]) / RATE_HZ
