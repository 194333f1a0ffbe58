"""Landmarks of a clip recorded elsewhere (TLM-07): OpenCV reads, MediaPipe sees, a file results.

Runs on the server, never in the web process. MediaPipe is SOUP (see docs/telemetry.md): version
0.10.21, whose wheel holds the model and which opens no connection.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telemetry.codec import IMAGE_CHANNELS, POINTS
from telemetry.recording_file import save_recording

MOST_BYTES = 500 * 1024 * 1024
MOST_SECONDS = 20 * 60
LONG_SIDE = 640
Progress = Callable[[int, int], None]


class CannotExtract(Exception):
    """The clip gives no landmarks; the message is for the person who chose it."""


@dataclass(frozen=True)
class Extracted:
    """frames in the clip, frames with a person, picture size in pixels."""

    frames: int
    seen: int
    width: int
    height: int


def extract(clip: Path, target: Path, progress: Progress = lambda done, total: None) -> Extracted:
    """Write the clip's landmarks to `target` (.npz). Raises CannotExtract."""
    _check_file(clip)
    # Imported here for start-up cost: a second and 75 MB that no other command needs.
    import cv2  # noqa: PLC0415

    cv2.setLogLevel(0) if hasattr(cv2, "setLogLevel") else None
    capture = cv2.VideoCapture(str(clip))
    try:
        if not capture.isOpened():
            raise CannotExtract(f"{clip.name} is not a video that can be read here.")
        fps = _rate(capture.get(cv2.CAP_PROP_FPS))
        told = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        if told / fps > MOST_SECONDS:
            raise CannotExtract(f"The clip is longer than {MOST_SECONDS // 60} minutes.")
        return _extract(clip.name, capture, target, fps, max(told, 0), progress)
    finally:
        capture.release()


def _check_file(clip: Path) -> None:
    if not clip.is_file():
        raise CannotExtract(f"{clip} does not exist.")
    if clip.stat().st_size > MOST_BYTES:
        raise CannotExtract(f"The clip has more than {MOST_BYTES // 1024 // 1024} MB.")


def _rate(told: float) -> float:
    """Frames a second; a container that does not know is read at 30."""
    return told if 1.0 <= told <= 240.0 else 30.0


def _extract(
    name: str, capture: Any, target: Path, fps: float, told: int, progress: Progress
) -> Extracted:
    images: list[NDArray[np.float32]] = []
    worlds: list[NDArray[np.float32]] = []
    width = height = 0
    for image, world, size in _tracked(capture, int(MOST_SECONDS * fps)):
        images.append(image)
        worlds.append(world)
        width, height = size
        progress(len(images), told)
    if not images:
        raise CannotExtract(f"{name} is not a video that can be read here.")
    landmarks = np.stack(images)
    seen = int(np.isfinite(landmarks[:, 0, 0]).sum())
    if not seen:
        raise CannotExtract(f"No person was found in {name}.")
    save_recording(
        target,
        fps=fps,
        width=width,
        height=height,
        t=(np.arange(len(images)) / fps).astype(np.float32),
        lm=landmarks,
        world=np.stack(worlds),
    )
    return Extracted(len(images), seen, width, height)


def _tracked(
    capture: Any, most_frames: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32], tuple[int, int]]]:
    """Image landmarks, world landmarks and picture size of each frame."""
    import cv2  # noqa: PLC0415 (see extract)

    # Its C++ part writes to the terminal; only errors are of use to a person here.
    os.environ.setdefault("GLOG_minloglevel", "2")
    from mediapipe.python.solutions.pose import Pose  # noqa: PLC0415 (see extract)

    with Pose(static_image_mode=False, model_complexity=1, smooth_landmarks=True) as pose:
        for _ in range(most_frames):
            good, frame = capture.read()
            if not good:
                return
            height, width = frame.shape[:2]
            found = pose.process(cv2.cvtColor(_shrunk(cv2, frame), cv2.COLOR_BGR2RGB))
            yield (
                _points(found.pose_landmarks),
                _points(found.pose_world_landmarks),
                (width, height),
            )


def _shrunk(cv2: Any, frame: Any) -> Any:
    """Landmarks are shares of the picture, so a smaller one gives the same and is faster."""
    height, width = frame.shape[:2]
    scale = LONG_SIDE / max(height, width)
    if scale >= 1.0:
        return frame
    return cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _points(found: Any) -> NDArray[np.float32]:
    if found is None:
        return np.full((POINTS, IMAGE_CHANNELS), np.nan, dtype=np.float32)
    return np.array(
        [(one.x, one.y, one.z, one.visibility) for one in found.landmark], dtype=np.float32
    )
