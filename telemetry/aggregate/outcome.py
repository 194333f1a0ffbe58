"""One set (or an unmarked session) from its frames: repetitions and what to think of them."""

from dataclasses import dataclass

import numpy as np

from telemetry.aggregate.confidence import LOW_COVERAGE, period_disagrees, set_confidence
from telemetry.aggregate.exercises import TrackedExercise
from telemetry.aggregate.plane import UNSUITABLE_WEIGHT, camera_view
from telemetry.aggregate.recording import BoolArray, Recording
from telemetry.aggregate.segmentation import Repetition, repetitions
from telemetry.aggregate.sides import Choice, SideCurve, choose
from telemetry.aggregate.smoothing import Curve
from telemetry.aggregate.walking import walking

# A tilted plane (weight below this) in which picture and space tell ranges this far apart gives no
# measurement. In a clear plane the picture alone is right: space is known to compress ranges.
CLEAR_PLANE_WEIGHT = 0.75
ROM_DISAGREEMENT_DEGREES = 25.0


@dataclass(frozen=True)
class SetOutcome:
    """What one stretch of frames says."""

    curves: tuple[SideCurve, ...]
    rows: tuple[Repetition, ...]
    seconds: float
    coverage: float
    confidence: float
    view: str
    weight: float | None
    swapped: bool
    warnings: tuple[str, ...]

    @property
    def rom_trusted(self) -> bool:
        """Whether the plane was known and allowed an angle to be read."""
        doubtful = {"plane_unknown", "view_not_suitable_for_rom", "rom_uncertain"}
        return self.weight is not None and not doubtful & set(self.warnings)


def set_outcome(recording: Recording, exercise: TrackedExercise) -> SetOutcome:
    """Compute a set. An empty recording gives zero repetitions, never an error."""
    choice = choose(recording, exercise)
    main = choice.curves[0].curve
    away = walking(recording, main.times)
    rows = _rows(choice, exercise, away)
    weight, view = _least_weight(choice), camera_view(recording)
    doubts = _doubts(choice, rows, away)
    coverage = min(one.curve.coverage for one in choice.curves)
    return SetOutcome(
        curves=choice.curves,
        rows=tuple(rows),
        seconds=recording.seconds,
        coverage=coverage,
        confidence=set_confidence(main, exercise.smallest_rom, doubts),
        view=view,
        weight=weight,
        swapped=choice.swapped,
        warnings=_warnings(choice, exercise, rows, doubts, coverage, weight, view),
    )


def _rows(choice: Choice, exercise: TrackedExercise, away: BoolArray) -> list[Repetition]:
    """Rows of every chosen curve in order of time, without those made while walking."""
    rows = [
        row
        for one in choice.curves
        for row in repetitions(one.curve, one.side, exercise)
        if not _at(one.curve, away, row.peak_s)
    ]
    return sorted(rows, key=lambda row: (row.peak_s, row.side))


def _at(curve: Curve, moments: BoolArray, seconds: float) -> bool:
    return bool(moments[min(int(np.searchsorted(curve.times, seconds)), moments.size - 1)])


def _least_weight(choice: Choice) -> float | None:
    weights = [one.weight for one in choice.curves if one.weight is not None]
    return min(weights) if weights else None


def _doubts(choice: Choice, rows: list[Repetition], away: BoolArray) -> list[str]:
    doubts = []
    if any(_rhythm_disagrees(one, rows) for one in choice.curves):
        doubts.append("period")
    if any(one.relaxed for one in choice.curves):
        doubts.append("edge")
    if away.any():
        doubts.append("walking")
    return doubts


def _rhythm_disagrees(one: SideCurve, rows: list[Repetition]) -> bool:
    own = [row for row in rows if row.side == one.side]
    return bool(own) and period_disagrees(one.curve, own[0].start_s, own[-1].end_s, len(own))


def _rom_uncertain(one: SideCurve) -> bool:
    tilted = one.weight is not None and one.weight < CLEAR_PLANE_WEIGHT
    return tilted and one.disagreement > ROM_DISAGREEMENT_DEGREES


def _views_differ(seen: str, wanted: str) -> bool:
    """Front and back show the same plane; an oblique view is judged by the plane weight alone."""
    same_plane = {seen, wanted} <= {"front", "back"}
    return not same_plane and seen not in {wanted, "oblique", "unknown"}


_DOUBT_WARNINGS = {
    "period": "rhythm_disagrees",
    "edge": "reference_joint_out_of_picture",
    "walking": "walking",
}


def _warnings(
    choice: Choice,
    exercise: TrackedExercise,
    rows: list[Repetition],
    doubts: list[str],
    coverage: float,
    weight: float | None,
    view: str,
) -> tuple[str, ...]:
    """Names for people to be told; docs/telemetry.md says what each one means."""
    facts = {
        "low_coverage": coverage < LOW_COVERAGE,
        "side_swapped": choice.swapped,
        "view_not_suitable_for_rom": weight is not None and weight < UNSUITABLE_WEIGHT,
        "plane_unknown": weight is None and coverage > 0,
        "rom_uncertain": any(_rom_uncertain(one) for one in choice.curves),
        "view_differs_from_prescribed": _views_differ(view, exercise.view),
        "no_movement": not rows and choice.curves[0].curve.range < exercise.smallest_rom,
    }
    return tuple(
        [_DOUBT_WARNINGS[doubt] for doubt in doubts]
        + [name for name, is_so in facts.items() if is_so]
    )
