"""What states, sides, views, joints and warnings of pose sessions are called on pages, in plain words."""

from __future__ import annotations

import datetime as dt

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.telerehab.queries import SessionRow
from app.telerehab.states import ABANDONED, ENDED, MEASURED, STARTED

UNFINISHED = "unfinished"
# Words, colour and picture of a badge.
STATES: dict[str, tuple[LazyString, str, str]] = {
    STARTED: (_l("In progress"), "now", "player-play"),
    ENDED: (_l("Being measured"), "info", "hourglass"),
    MEASURED: (_l("Measured"), "ok", "check"),
    ABANDONED: (_l("Nothing measured"), "mute", "ban"),
    UNFINISHED: (_l("Not finished"), "mute", "circle-dashed"),
}
SIDES: dict[str, LazyString] = {
    "left": _l("left"),
    "right": _l("right"),
    "both": _l("both sides"),
    "any": _l("one side"),
    "alternating": _l("in turns"),
    "auto": _l("found by itself"),
}
VIEWS: dict[str, LazyString] = {
    "front": _l("from the front"),
    "back": _l("from behind"),
    "side": _l("from the side"),
    "oblique": _l("from an angle"),
    "unknown": _l("not known"),
}
ANGLES: dict[str, LazyString] = {
    "knee_flexion": _l("Knee flexion"),
    "elbow_flexion": _l("Elbow flexion"),
    "hip_bend": _l("Angle between trunk and thigh"),
    "shoulder_elevation": _l("Arm elevation at the shoulder"),
}
# Names as the telemetry process gives them; those that make an angle unreadable stand first.
WARNINGS: dict[str, LazyString] = {
    "view_not_suitable_for_rom": _l(
        "The camera stood so that the angle should not be read: the movement went towards the camera or away from it."
    ),
    "rom_uncertain": _l(
        "Two ways of measuring the angle disagree, so the degrees are not to be relied on."
    ),
    "plane_unknown": _l(
        "The camera's place could not be told, so the degrees are not to be relied on."
    ),
    "view_differs_from_prescribed": _l("The camera stood elsewhere than the exercise asks for."),
    "low_coverage": _l("The body was hidden or outside the picture for a good part of the time."),
    "low_confidence": _l("The measurement as a whole is weak. Look at the replay before using it."),
    "no_movement": _l("No movement large enough for a repetition was seen."),
    "rhythm_disagrees": _l(
        "The rhythm of the movement suggests another number of repetitions. Count along with the replay."
    ),
    "reference_joint_out_of_picture": _l(
        "A joint that the angle is measured against was outside the picture and was estimated."
    ),
    "walking": _l("The patient walked about; those parts are not counted."),
    "side_swapped": _l(
        "Left and right were mixed up for a while and were put right by the software."
    ),
}
UNREADABLE = frozenset({"view_not_suitable_for_rom", "rom_uncertain", "plane_unknown"})


def shown_state(row: SessionRow, now: dt.datetime) -> str:
    """The state as people see it: a session that was never ended and may send no more is not in progress."""
    return UNFINISHED if row.state == STARTED and row.expires_at < now else row.state


def waits(row: SessionRow, now: dt.datetime) -> bool:
    """Whether figures may still come soon, so that a page asks again."""
    return shown_state(row, now) in (STARTED, ENDED)
