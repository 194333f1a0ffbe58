"""From a curve to repetitions: where each starts, peaks and ends, and whether it is complete."""

from dataclasses import dataclass

import numpy as np

from telemetry.aggregate.exercises import TrackedExercise
from telemetry.aggregate.peaks import find_peaks
from telemetry.aggregate.recording import FloatArray
from telemetry.aggregate.smoothing import RATE_HZ, Curve

LEAST_PROMINENCE_SHARE = 0.3
LEAST_PROMINENCE_OF_SMALLEST = 0.6
LEAST_DISTANCE_SECONDS = 0.5
LEAST_WIDTH_SECONDS = 0.25
# Lower peaks than this share of the working height are set-up or walking, not attempts.
LEAST_HEIGHT_SHARE = 0.5
PARTIAL_HEIGHT_SHARE = 0.7
RETURN_SHARE = 0.5
# A repetition starts when the joint has left its resting place by this share of the rise.
ONSET_SHARE = 0.1


@dataclass(frozen=True)
class Repetition:
    """One attempt: times in seconds, angles in degrees; coverage 0 to 1 over its own time."""

    start_s: float
    peak_s: float
    end_s: float
    rom_deg: float
    peak_deg: float
    side: str
    coverage: float
    complete: bool
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Attempt:
    start: int
    peak: int
    end: int
    height: float
    rise: float
    fall: float
    opens: bool
    closes: bool


def repetitions(curve: Curve, side: str, exercise: TrackedExercise) -> list[Repetition]:
    """Segment one curve. An exercise that falls when the person works is turned over first."""
    signal = curve.degrees if exercise.rises else -curve.degrees
    if curve.range < exercise.smallest_rom:
        return []
    attempts = _attempts(curve, signal, exercise.smallest_rom)
    typical = float(np.median([one.height for one in attempts])) if attempts else 0.0
    return [_repetition(curve, one, side, _flags(one, typical, exercise)) for one in attempts]


def _attempts(curve: Curve, signal: FloatArray, smallest_rom: float) -> list[_Attempt]:
    floor = float(np.percentile(signal, 3))
    peaks = _peak_indices(curve, signal, smallest_rom)
    if not peaks:
        return []
    least = LEAST_HEIGHT_SHARE * _working_height([float(signal[i]) - floor for i in peaks])
    kept = [index for index in peaks if signal[index] - floor >= least]
    return [_attempt(signal, kept, position, floor) for position in range(len(kept))]


def _working_height(heights: list[float]) -> float:
    """The highest, or the second of four and more: one large set-up movement proves nothing."""
    ordered = sorted(heights, reverse=True)
    return ordered[1] if len(ordered) >= 4 else ordered[0]


def _peak_indices(curve: Curve, signal: FloatArray, smallest_rom: float) -> list[int]:
    found = find_peaks(
        signal,
        prominence=max(
            LEAST_PROMINENCE_SHARE * curve.range, LEAST_PROMINENCE_OF_SMALLEST * smallest_rom
        ),
        distance=round(LEAST_DISTANCE_SECONDS * RATE_HZ),
        width=LEAST_WIDTH_SECONDS * RATE_HZ,
    )
    return [peak.index for peak in found if not curve.bridged[peak.index]]


def _attempt(signal: FloatArray, peaks: list[int], position: int, floor: float) -> _Attempt:
    peak = peaks[position]
    first, last = position == 0, position == len(peaks) - 1
    before = 0 if first else peaks[position - 1]
    after = signal.size - 1 if last else peaks[position + 1]
    left = before + int(np.argmin(signal[before : peak + 1]))
    right = peak + int(np.argmin(signal[peak : after + 1]))
    rise, fall = float(signal[peak] - signal[left]), float(signal[peak] - signal[right])
    start = left + _last_at_most(signal[left : peak + 1], signal[left] + ONSET_SHARE * rise)
    end = peak + _first_at_most(signal[peak : right + 1], signal[right] + ONSET_SHARE * fall)
    height = float(signal[peak] - floor)
    return _Attempt(start, peak, end, height, rise, fall, opens=first, closes=last)


def _last_at_most(values: FloatArray, level: float) -> int:
    return int(np.flatnonzero(values <= level)[-1])


def _first_at_most(values: FloatArray, level: float) -> int:
    return int(np.flatnonzero(values <= level)[0])


def _flags(attempt: _Attempt, typical: float, exercise: TrackedExercise) -> tuple[str, ...]:
    """Why an attempt is not complete; empty when it is."""
    reasons = []
    if attempt.height < PARTIAL_HEIGHT_SHARE * typical:
        reasons.append("short")
    needs_return = not (exercise.ends_at_peak and attempt.closes)
    if needs_return and attempt.fall < RETURN_SHARE * attempt.rise:
        reasons.append("no_return")
    if attempt.opens and attempt.rise < RETURN_SHARE * attempt.fall:
        reasons.append("no_start")
    return tuple(reasons)


def _repetition(curve: Curve, attempt: _Attempt, side: str, flags: tuple[str, ...]) -> Repetition:
    return Repetition(
        start_s=float(curve.times[attempt.start]),
        peak_s=float(curve.times[attempt.peak]),
        end_s=float(curve.times[attempt.end]),
        rom_deg=max(attempt.rise, attempt.fall),
        peak_deg=float(curve.degrees[attempt.peak]),
        side=side,
        coverage=float(curve.observed[attempt.start : attempt.end + 1].mean()),
        complete=not flags,
        flags=flags,
    )
