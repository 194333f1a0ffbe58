"""Recordings as files: the .npz layout of the project's pose data (fps, t, lm, world)."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telemetry.codec import IMAGE_CHANNELS, POINTS, WORLD_CHANNELS

MOST_FRAMES = 4 * 3600 * 60
ASSUMED_SIZE = (1280, 720)

Float32 = NDArray[np.float32]


class BadRecording(ValueError):
    """The file is not a recording; the message says why."""


@dataclass(frozen=True)
class RecordingFile:
    """Contents of a file, ready to send: unseen points are zero with visibility 0.

    size_known is False when neither the file nor the caller told the picture's size.
    """

    times_ms: NDArray[np.uint32]
    image: Float32
    world: Float32 | None
    width: int
    height: int
    size_known: bool = True


def load_recording(
    path: Path, width: int | None = None, height: int | None = None
) -> RecordingFile:
    """Read and check a recording. Raises BadRecording."""
    arrays = _arrays(path)
    times, image = arrays.get("t"), arrays.get("lm")
    if times is None or image is None:
        raise BadRecording(f"{path.name} lacks t or lm")
    _check_shapes(path.name, times, image, arrays.get("world"))
    own = tuple(int(arrays[name]) if name in arrays else None for name in ("width", "height"))
    told = (width or own[0], height or own[1])
    known = told[0] is not None and told[1] is not None
    world = arrays.get("world")
    return RecordingFile(
        times_ms=np.rint(np.asarray(times, dtype=np.float64) * 1000).astype(np.uint32),
        image=_seen_or_zero(image),
        world=None if world is None else _seen_or_zero(world)[..., :WORLD_CHANNELS],
        width=told[0] or ASSUMED_SIZE[0],
        height=told[1] or ASSUMED_SIZE[1],
        size_known=known,
    )


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise BadRecording(f"{path} does not exist") from None
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile):
        raise BadRecording(f"{path.name} is not a recording (.npz)") from None


def _check_shapes(
    name: str, times: NDArray[Any], image: NDArray[Any], world: NDArray[Any] | None
) -> None:
    if image.ndim != 3 or image.shape[1:] != (POINTS, IMAGE_CHANNELS) or len(image) != times.size:
        raise BadRecording(f"{name}: lm must be frames x {POINTS} x {IMAGE_CHANNELS}, one a time")
    if world is not None and world.shape[:2] != image.shape[:2]:
        raise BadRecording(f"{name}: world must have the frames of lm")
    if not 0 < len(image) <= MOST_FRAMES:
        raise BadRecording(f"{name}: between 1 and {MOST_FRAMES} frames")
    if not np.isfinite(times).all() or (np.diff(times) < 0).any() or times.min() < 0:
        raise BadRecording(f"{name}: t must be seconds that do not go backwards")


def _seen_or_zero(landmarks: NDArray[Any]) -> Float32:
    points = np.array(landmarks, dtype=np.float32)
    points[~np.isfinite(points).all(axis=-1)] = 0.0
    return points


def save_recording(path: Path, *, fps: float, width: int, height: int, **arrays: Float32) -> None:
    """Write t, lm and world beside fps and the picture's size."""
    np.savez_compressed(
        path, fps=np.float32(fps), width=np.int32(width), height=np.int32(height), **arrays
    )
