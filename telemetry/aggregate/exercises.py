"""What each tracked exercise measures: the table behind every figure of a session.

Ranges are degrees. `smallest_rom` is the least movement that may be called a repetition, well above
tracker jitter (about 5 degrees) and well below any prescribed range; `target_rom` is informational.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from telemetry.aggregate.landmarks import Side


class Sides(StrEnum):
    """Which limbs are prescribed. AUTO finds out: together, in turns, or one only."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    ANY = "any"
    ALTERNATING = "alternating"
    AUTO = "auto"


@dataclass(frozen=True)
class Angle:
    """Angle at `vertex` between the segments to `reference` and to `distal`.

    `flexion` is 180 minus that angle, the form in which goniometry reports knee and elbow.
    """

    name: str
    reference: str
    vertex: str
    distal: str
    flexion: bool


KNEE_FLEXION = Angle("knee_flexion", "hip", "knee", "ankle", True)
ELBOW_FLEXION = Angle("elbow_flexion", "shoulder", "elbow", "wrist", True)
HIP_BEND = Angle("hip_bend", "shoulder", "hip", "knee", True)
SHOULDER_ELEVATION = Angle("shoulder_elevation", "hip", "shoulder", "elbow", False)


@dataclass(frozen=True)
class TrackedExercise:
    """Tracking definition of one exercise.

    `rises` says whether the angle grows when the person works (a squat) or falls (standing up
    from a chair). `ends_at_peak`: the last one counts without its way back, as the five-times
    sit-to-stand test stops the clock at the fifth stand. `view` is where the camera should stand
    for the angle to be in the image plane.
    """

    name: str
    angle: Angle
    sides: Sides
    view: str
    smallest_rom: float
    target_rom: float
    rises: bool = True
    ends_at_peak: bool = False

    def prescribed(self, side: str | None, view: str | None) -> "TrackedExercise":
        """The same exercise with the side and view that the therapist named, if any."""
        return replace(
            self, sides=self.sides if side is None else Sides(side), view=view or self.view
        )


def _exercise(
    name: str,
    angle: Angle,
    view: str,
    smallest: float,
    target: float,
    sides: Sides = Sides.AUTO,
    rises: bool = True,
    ends_at_peak: bool = False,
) -> TrackedExercise:
    return TrackedExercise(name, angle, sides, view, smallest, target, rises, ends_at_peak)


_TABLE = (
    _exercise("elbow_flexion", ELBOW_FLEXION, "side", 35, 130),
    _exercise("heel_slide", KNEE_FLEXION, "side", 20, 90, Sides.ANY),
    _exercise("hip_abduction", HIP_BEND, "front", 12, 35, Sides.ANY),
    _exercise("hip_abduction_left", HIP_BEND, "front", 12, 35, Sides.LEFT),
    _exercise("hip_abduction_right", HIP_BEND, "front", 12, 35, Sides.RIGHT),
    _exercise("knee_extension", KNEE_FLEXION, "side", 25, 80, rises=False),
    _exercise("lunge", KNEE_FLEXION, "side", 25, 90),
    _exercise("push_up", ELBOW_FLEXION, "side", 30, 90, Sides.BOTH),
    _exercise("shoulder_abduction", SHOULDER_ELEVATION, "front", 30, 160),
    _exercise("shoulder_flexion", SHOULDER_ELEVATION, "side", 30, 160),
    _exercise("shoulder_flexion_left", SHOULDER_ELEVATION, "side", 30, 160, Sides.LEFT),
    _exercise("shoulder_flexion_right", SHOULDER_ELEVATION, "side", 30, 160, Sides.RIGHT),
    _exercise("shoulder_press", SHOULDER_ELEVATION, "front", 30, 90),
    _exercise("side_lunge_left", KNEE_FLEXION, "front", 20, 70, Sides.LEFT),
    _exercise("side_lunge_right", KNEE_FLEXION, "front", 20, 70, Sides.RIGHT),
    _exercise(
        "sit_to_stand",
        KNEE_FLEXION,
        "side",
        35,
        90,
        Sides.BOTH,
        rises=False,
        ends_at_peak=True,
    ),
    _exercise("squat", KNEE_FLEXION, "side", 30, 90, Sides.BOTH),
    _exercise("straight_leg_raise", HIP_BEND, "side", 20, 60, Sides.ANY),
)

EXERCISES = {exercise.name: exercise for exercise in _TABLE}

SIDE_OF = {Sides.LEFT: Side.LEFT, Sides.RIGHT: Side.RIGHT}
