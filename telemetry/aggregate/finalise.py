"""Figures of a session: its sets joined, rounded, and made into the contract's shape."""

from collections.abc import Sequence

import numpy as np

from telemetry.aggregate.confidence import LOW_CONFIDENCE
from telemetry.aggregate.exercises import EXERCISES, TrackedExercise
from telemetry.aggregate.outcome import SetOutcome, set_outcome
from telemetry.aggregate.recording import Recording
from telemetry.aggregate.segmentation import Repetition
from telemetry.aggregate.smoothing import Curve
from telemetry.contract import AngleCurve, PoseFigures, RepRow, Tracking

ALGORITHM_VERSION = "pose-1.0.0"
CURVE_POINTS = 3000


class UnknownExercise(ValueError):
    """The tracking table has no such exercise."""


def tracked_exercise(tracking: Tracking) -> TrackedExercise:
    """The tracking definition with the therapist's side and view. Raises UnknownExercise."""
    exercise = EXERCISES.get(tracking.exercise)
    if exercise is None:
        raise UnknownExercise(tracking.exercise)
    return exercise.prescribed(tracking.side, tracking.view)


def pose_figures(
    recording: Recording, tracking: Tracking, sets: Sequence[tuple[int, int]] = ()
) -> PoseFigures:
    """All figures of a session (TLM-04). sets: (start, end) ms; frames outside are ignored.

    The same frames give the same figures to the last digit, whatever way they arrived.
    """
    exercise = tracked_exercise(tracking)
    parts = _parts(recording, sets)
    outcomes = [set_outcome(part, exercise) for part in parts]
    rows = [row for outcome in outcomes for row in outcome.rows]
    complete = [row for row in rows if row.complete]
    roms = [row.rom_deg for row in complete]
    weights = [outcome.weight for outcome in outcomes if outcome.weight is not None]
    longest = max(outcomes, key=lambda outcome: outcome.seconds)
    confidence = _time_weighted(outcomes, [outcome.confidence for outcome in outcomes])
    raw = None if tracking.target_reps is None else len(complete) / tracking.target_reps
    return PoseFigures(
        algorithm_version=ALGORITHM_VERSION,
        exercise=exercise.name,
        angle=exercise.angle.name,
        reps=len(complete),
        partial_reps=len(rows) - len(complete),
        rep_rows=tuple(_row(row) for row in rows),
        rom_deg=round(float(np.median(roms)), 1) if roms else None,
        best_rom_deg=round(max(roms), 1) if roms else None,
        first_rom_deg=round(roms[0], 1) if roms else None,
        last_rom_deg=round(roms[-1], 1) if roms else None,
        rom_trusted=bool(roms) and all(outcome.rom_trusted for outcome in outcomes),
        completion_raw=None if raw is None else round(raw, 4),
        completion=None if raw is None else round(min(raw, 1.0), 4),
        seconds_tracked=round(sum(outcome.seconds for outcome in outcomes), 2),
        coverage=round(_time_weighted(outcomes, [one.coverage for one in outcomes]), 3),
        confidence=round(confidence, 3),
        view=longest.view,
        plane_weight=round(min(weights), 3) if weights else None,
        side_swapped=any(outcome.swapped for outcome in outcomes),
        warnings=_warnings(outcomes, confidence),
        curves=_display_curves(outcomes),
    )


def _parts(recording: Recording, sets: Sequence[tuple[int, int]]) -> list[Recording]:
    if not sets:
        return [recording]
    return [_between(recording, start / 1000, end / 1000) for start, end in sorted(sets)]


def _between(recording: Recording, start: float, end: float) -> Recording:
    first, last = np.searchsorted(recording.times, (start, end + 1e-9))
    return Recording(
        times=recording.times[first:last],
        image=recording.image[first:last],
        world=None if recording.world is None else recording.world[first:last],
        width=recording.width,
        height=recording.height,
    )


def _time_weighted(outcomes: list[SetOutcome], values: list[float]) -> float:
    seconds = [outcome.seconds for outcome in outcomes]
    return float(np.average(values, weights=seconds)) if sum(seconds) > 0 else 0.0


def _warnings(outcomes: list[SetOutcome], confidence: float) -> tuple[str, ...]:
    found = {name for outcome in outcomes for name in outcome.warnings}
    if confidence < LOW_CONFIDENCE:
        found.add("low_confidence")
    return tuple(sorted(found))


def _row(row: Repetition) -> RepRow:
    return RepRow(
        start_s=round(row.start_s, 2),
        peak_s=round(row.peak_s, 2),
        end_s=round(row.end_s, 2),
        rom_deg=round(row.rom_deg, 1),
        peak_deg=round(row.peak_deg, 1),
        side=row.side,
        coverage=round(row.coverage, 3),
        complete=row.complete,
        flags=row.flags,
    )


def _display_curves(outcomes: list[SetOutcome]) -> tuple[AngleCurve, ...]:
    """One curve a side over all sets, thinned so that a page can draw it."""
    by_side: dict[str, list[Curve]] = {}
    for outcome in outcomes:
        for one in outcome.curves:
            by_side.setdefault(one.side, []).append(one.curve)
    kept = sorted(by_side.items(), key=lambda item: (-sum(c.times.size for c in item[1]), item[0]))
    return tuple(_display_curve(side, curves) for side, curves in kept[:2])


def _display_curve(side: str, curves: list[Curve]) -> AngleCurve:
    times = np.concatenate([curve.times for curve in curves])
    degrees = np.concatenate([curve.degrees for curve in curves])
    seen = np.concatenate([curve.observed for curve in curves])
    step = max(2, -(-times.size // CURVE_POINTS))
    return AngleCurve(
        side=side,
        times_s=tuple(np.round(times[::step], 2).tolist()),
        degrees=tuple(
            value if is_seen else None
            for value, is_seen in zip(
                np.round(degrees[::step], 1).tolist(), seen[::step].tolist(), strict=True
            )
        ),
    )
