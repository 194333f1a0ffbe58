"""One curve per body side, and which of them tells the story of the set."""

from dataclasses import dataclass

import numpy as np

from telemetry.aggregate.angles import image_angle, world_angle
from telemetry.aggregate.exercises import SIDE_OF, Sides, TrackedExercise
from telemetry.aggregate.gating import believable, visible
from telemetry.aggregate.landmarks import SIDES, Side, index_of
from telemetry.aggregate.plane import plane_weight
from telemetry.aggregate.recording import FloatArray, Recording
from telemetry.aggregate.smoothing import Curve, smooth_curve

# A side that moves less than this share of the other one rests.
MOVES_SHARE = 0.4
# Two limbs that work together rise together. In turns, each busy for a share d of the time, they
# correlate at -d / (1 - d), which is -0.11 at a tenth; a resting limb correlates with nothing.
TOGETHER_CORRELATION = 0.3
IN_TURNS_CORRELATION = -0.1
ENOUGH_COVERAGE = 0.5
FULL_COVERAGE = 0.95
WORTHWHILE_COVERAGE = 0.05


@dataclass(frozen=True)
class SideCurve:
    """Curve of one side (or of both, averaged). weight: of the image plane, None if unknown.

    disagreement: degrees between the range seen in the picture and the range seen in space.
    """

    side: str
    curve: Curve
    weight: float | None
    relaxed: bool
    visibility: float
    disagreement: float = 0.0

    @property
    def score(self) -> float:
        """Range x coverage x signal to noise: how much movement was really seen here."""
        span = self.curve.range
        return span * self.curve.coverage * span / (span + 10.0 * self.curve.noise + 1e-9)


@dataclass(frozen=True)
class Choice:
    """The curves to segment: one, or two when the sides work in turns."""

    curves: tuple[SideCurve, ...]
    swapped: bool = False


def side_curve(recording: Recording, exercise: TrackedExercise, side: Side) -> SideCurve:
    """Gate, blend and smooth one side; look past the picture's edge only when it must."""
    strict = _side_curve(recording, exercise, side, relaxed=False)
    if strict.curve.coverage >= FULL_COVERAGE:
        return strict
    relaxed = _side_curve(recording, exercise, side, relaxed=True)
    gained = relaxed.curve.coverage - strict.curve.coverage
    return relaxed if gained > WORTHWHILE_COVERAGE else strict


def _side_curve(
    recording: Recording, exercise: TrackedExercise, side: Side, *, relaxed: bool
) -> SideCurve:
    angle = exercise.angle
    seen = visible(recording, angle, side, relaxed=relaxed)
    flat = image_angle(recording, angle, side)
    weight: float | None = None
    disagreement = 0.0
    if recording.world is not None and seen.any():
        solid = world_angle(recording.world, angle, side)
        spatial = seen & np.isfinite(solid)
        weight = plane_weight(recording.world, angle, side, solid, spatial)
        disagreement = abs(_spread(flat[seen & np.isfinite(flat)]) - _spread(solid[spatial]))
        flat = flat if weight is None else weight * flat + (1.0 - weight) * solid
    believed = believable(recording.times, flat, seen)
    curve = smooth_curve(recording.times, flat, believed)
    seeing = recording.visibility(index_of(angle.distal, side))
    return SideCurve(side.value, curve, weight, relaxed, _mean(seeing[believed]), disagreement)


def _spread(degrees: FloatArray) -> float:
    return float(np.ptp(np.percentile(degrees, (3, 97)))) if degrees.size else 0.0


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if values.size else 0.0


def choose(recording: Recording, exercise: TrackedExercise) -> Choice:
    """Pick the curves that count, following the prescription as far as the movement allows."""
    left, right = (side_curve(recording, exercise, side) for side in SIDES)
    prescribed = SIDE_OF.get(exercise.sides)
    if prescribed is not None:
        return _prescribed(left, right, prescribed)
    best = left if left.score >= right.score else right
    other = right if best is left else left
    if exercise.sides is Sides.ANY or not _moves(other, best, exercise.smallest_rom):
        return Choice((best,))
    if exercise.sides is Sides.ALTERNATING:
        return Choice((left, right))
    if exercise.sides is Sides.AUTO:
        return _found_out(left, right, best)
    return Choice((_average(left, right),))


def _found_out(left: SideCurve, right: SideCurve, best: SideCurve) -> Choice:
    """Both sides move: together, in turns, or (unrelated) one works and the other one is noise."""
    likeness = _correlation(left.curve, right.curve)
    if likeness < IN_TURNS_CORRELATION:
        return Choice((left, right))
    return Choice((_average(left, right) if likeness > TOGETHER_CORRELATION else best,))


def _prescribed(left: SideCurve, right: SideCurve, side: Side) -> Choice:
    wanted, other = (left, right) if side is Side.LEFT else (right, left)
    swapped = wanted.score < MOVES_SHARE * other.score and (
        wanted.curve.range < MOVES_SHARE * other.curve.range
        or wanted.curve.coverage < MOVES_SHARE * other.curve.coverage
    )
    return Choice((other if swapped else wanted,), swapped)


def _moves(other: SideCurve, best: SideCurve, smallest_rom: float) -> bool:
    """Whether the weaker side takes part at all, and was seen well enough to say so."""
    return (
        other.curve.range >= max(MOVES_SHARE * best.curve.range, 0.5 * smallest_rom)
        and other.curve.coverage >= ENOUGH_COVERAGE * best.curve.coverage
        and other.score >= 0.25 * best.score
    )


def _correlation(left: Curve, right: Curve) -> float:
    both = left.observed & right.observed
    if both.sum() < 10:
        return 0.0
    return float(np.corrcoef(left.degrees[both], right.degrees[both])[0, 1])


def _average(left: SideCurve, right: SideCurve) -> SideCurve:
    """Visibility-weighted mean of two sides that work together."""
    share = left.visibility / (left.visibility + right.visibility)
    one, two = left.curve, right.curve
    curve = Curve(
        times=one.times,
        degrees=share * one.degrees + (1 - share) * two.degrees,
        raw=share * one.raw + (1 - share) * two.raw,
        observed=one.observed & two.observed,
        bridged=one.bridged | two.bridged,
    )
    weights = [side.weight for side in (left, right) if side.weight is not None]
    return SideCurve(
        side="both",
        curve=curve,
        weight=float(np.mean(weights)) if weights else None,
        relaxed=left.relaxed or right.relaxed,
        visibility=(left.visibility + right.visibility) / 2,
        disagreement=max(left.disagreement, right.disagreement),
    )
