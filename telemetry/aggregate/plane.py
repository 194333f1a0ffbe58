"""How far the image plane may be trusted, and from where the camera looked."""

import numpy as np

from telemetry.aggregate.angles import segments
from telemetry.aggregate.exercises import Angle
from telemetry.aggregate.landmarks import LEFT_INDEX, Side
from telemetry.aggregate.recording import BoolArray, FloatArray, Recording

UNSUITABLE_WEIGHT = 0.3
SEEN = 0.5


def plane_weight(
    world: FloatArray, angle: Angle, side: Side, degrees: FloatArray, believed: BoolArray
) -> float | None:
    """Weight of the image angle, 0 to 1: one value a set, or None when nothing was seen.

    In-plane share r = |(dx, dy)| / |(dx, dy, dz)| of the worse limb segment, as the median over
    the working half of the movement (where the range is decided); w = clip((r - 0.5) / 0.35).
    """
    if not believed.any():
        return None
    low, high = np.percentile(degrees[believed], (3, 97))
    working = believed & (degrees >= (low + high) / 2)
    inward, outward = segments(world[working], angle, side)
    share = np.minimum(_in_plane_share(inward), _in_plane_share(outward))
    share = share[np.isfinite(share)]
    return float(np.clip((np.median(share) - 0.5) / 0.35, 0.0, 1.0)) if share.size else None


def _in_plane_share(segment: FloatArray) -> FloatArray:
    length = np.linalg.norm(segment, axis=1)
    flat = np.linalg.norm(segment[:, :2], axis=1)
    result: FloatArray = np.divide(flat, length, out=np.full_like(flat, np.nan), where=length > 0)
    return result


def camera_view(recording: Recording) -> str:
    """front, back, side, oblique or unknown, from the line between the two shoulders (or hips)."""
    for joint in ("shoulder", "hip"):
        view = _view_of_line(recording, LEFT_INDEX[joint])
        if view != "unknown":
            return view
    return "unknown"


def _view_of_line(recording: Recording, left: int) -> str:
    seen = (recording.visibility(left) >= SEEN) & (recording.visibility(left + 1) >= SEEN)
    if not seen.any():
        return "unknown"
    across = recording.pixels(left)[seen] - recording.pixels(left + 1)[seen]
    turned = _turn_degrees(recording, left, seen, across)
    if turned is None:
        return "unknown"
    if turned > 60.0:
        return "side"
    if turned > 35.0:
        return "oblique"
    return "front" if float(np.median(across[:, 0])) >= 0 else "back"


def _turn_degrees(
    recording: Recording, left: int, seen: BoolArray, across: FloatArray
) -> float | None:
    """0 when the line lies in the picture, 90 when it points at the camera."""
    if recording.world is not None:
        line = (recording.world[:, left, :3] - recording.world[:, left + 1, :3])[seen]
        share = _in_plane_share(line.astype(np.float64))
        share = share[np.isfinite(share)]
        return float(np.degrees(np.arccos(np.median(share)))) if share.size else None
    trunk = np.linalg.norm(recording.pixels(11)[seen] - recording.pixels(23)[seen], axis=1)
    width = float(np.median(np.linalg.norm(across, axis=1)))
    trunk_length = float(np.median(trunk))
    if not trunk_length > 0:
        return None
    # Shoulders are about 0.7 of the trunk wide in adults (Drillis and Contini, 1966).
    return float(np.degrees(np.arccos(np.clip(width / (0.7 * trunk_length), 0.0, 1.0))))
