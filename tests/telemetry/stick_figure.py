"""A person made of sticks whose joint angles are known, filmed from any direction."""

from dataclasses import dataclass

import numpy as np

from telemetry.aggregate.recording import Recording, recording_from_frames
from telemetry.recording_file import RecordingFile

WIDTH, HEIGHT = 640, 480
_HALF_BODY = 0.15


@dataclass(frozen=True)
class Pose:
    """Angles in degrees, each (T,) for the left and the right side."""

    knee: tuple[np.ndarray, np.ndarray]
    shoulder: tuple[np.ndarray, np.ndarray]
    elbow: tuple[np.ndarray, np.ndarray]


def still(frames: int) -> Pose:
    """Standing, arms hanging."""
    zero = np.zeros(frames)
    return Pose((zero, zero), (zero, zero), (zero, zero))


def bends(times: np.ndarray, count: int, depth: float, rest_s: float = 1.0) -> np.ndarray:
    """`count` smooth bends to `depth` degrees, with a rest before the first and after the last."""
    length = (times[-1] - 2 * rest_s) / count
    phase = (times - rest_s) / length
    moving = (phase >= 0) & (phase <= count)
    return np.where(moving, depth * (1 - np.cos(2 * np.pi * phase)) / 2, 0.0)


def seconds(length: float, fps: float = 30.0) -> np.ndarray:
    """Times of frames, s."""
    return np.arange(int(length * fps) + 1) / fps


def squats(count: int, *, depth: float = 100.0, fps: float = 30.0, **camera: float) -> Recording:
    """A set of squats, 3 s each."""
    times = seconds(3 * count + 2, fps)
    knee = bends(times, count, depth)
    return filmed(
        times, Pose((knee, knee), still(times.size).shoulder, still(times.size).elbow), **camera
    )


def arm_raises(
    left: int, right: int, *, length: float = 14.0, depth: float = 120.0, turns: bool = False
) -> Recording:
    """Raises of the arms to the front, seen from the side; in turns when asked."""
    times = seconds(length)
    one, two = bends(times, left, depth) if left else 0 * times, 0 * times
    if right:
        two = bends(times, right, depth)
    if turns:
        odd = np.floor((times - 1.0) / ((length - 2.0) / left)).astype(int) % 2 == 1
        one, two = np.where(odd, 0.0, one), np.where(odd, one, 0.0)
    return filmed(times, Pose(still(times.size).knee, (one, two), still(times.size).elbow))


def filmed(
    times: np.ndarray,
    pose: Pose,
    *,
    yaw: float = 0.0,
    roll: float = 0.0,
    scale: float = 0.35,
    shift: tuple[float, float] = (0.0, 0.0),
    mirrored: bool = False,
    world: bool = True,
    jitter: float = 0.0,
    width: int = WIDTH,
    height: int = HEIGHT,
    walk: np.ndarray | None = None,
) -> Recording:
    """Film a pose. yaw 0 sees the side, 90 the front; scale is picture heights a metre."""
    body = _body(pose)
    if mirrored:
        body = _mirrored(body)
    turned = _turned(body, yaw)
    space = turned - turned[:, 23:25].mean(axis=1, keepdims=True)
    flat = _rolled(turned[..., :2], roll) * scale
    image = np.ones((times.size, 33, 4))
    image[..., 0] = 0.5 + shift[0] + flat[..., 0] * height / width
    image[..., 1] = 0.7 + shift[1] + flat[..., 1]
    image[..., 2] = turned[..., 2]
    if walk is not None:
        image[..., 0] += walk[:, None]
    image[..., :2] += np.random.default_rng(7).normal(0, jitter, image[..., :2].shape)
    image[:, _ABSENT] = 0.0
    return recording_from_frames(
        np.rint(times * 1000).astype(np.int64),
        image.astype(np.float32),
        space.astype(np.float32) if world else None,
        width,
        height,
    )


_PRESENT = (11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
_ABSENT = [index for index in range(33) if index not in _PRESENT]


def _body(pose: Pose) -> np.ndarray:
    """(T, 33, 3) metres: forward, down, to the left."""
    frames = pose.knee[0].size
    body = np.zeros((frames, 33, 3))
    for side, lateral in ((0, -_HALF_BODY), (1, _HALF_BODY)):
        knee, arm, elbow = (
            np.radians(angles[side]) for angles in (pose.knee, pose.shoulder, pose.elbow)
        )
        ankle = np.zeros((frames, 2))
        joint = ankle + 0.4 * np.stack([np.sin(knee / 2), -np.cos(knee / 2)], axis=1)
        hip = joint + 0.4 * np.stack([-np.sin(knee / 2), -np.cos(knee / 2)], axis=1)
        neck = hip + np.array([0.0, -0.5])
        hand = neck + 0.3 * np.stack([np.sin(arm), np.cos(arm)], axis=1)
        wrist = hand + 0.25 * np.stack([np.sin(arm + elbow), np.cos(arm + elbow)], axis=1)
        for index, point in (
            (11, neck),
            (13, hand),
            (15, wrist),
            (23, hip),
            (25, joint),
            (27, ankle),
        ):
            body[:, index + side, :2] = point
            body[:, index + side, 2] = lateral
    return body


def _mirrored(body: np.ndarray) -> np.ndarray:
    """What a selfie camera shows: forward becomes backward, and the tracker swaps the names."""
    swapped = body.copy()
    swapped[..., 0] *= -1
    for left in range(11, 32, 2):
        swapped[:, [left, left + 1]] = swapped[:, [left + 1, left]]
    return swapped


def _turned(body: np.ndarray, yaw: float) -> np.ndarray:
    turn = np.radians(yaw)
    forward, down, lateral = np.moveaxis(body, -1, 0)
    across = forward * np.cos(turn) - lateral * np.sin(turn)
    depth = forward * np.sin(turn) + lateral * np.cos(turn)
    return np.stack([across, down, depth], axis=-1)


def _rolled(flat: np.ndarray, roll: float) -> np.ndarray:
    turn = np.radians(roll)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    centre = flat.reshape(-1, 2).mean(axis=0)
    return (flat - centre) @ matrix.T + centre


def as_file(recording: Recording) -> RecordingFile:
    """The same frames, ready to be sent."""
    return RecordingFile(
        times_ms=np.rint(recording.times * 1000).astype(np.uint32),
        image=np.asarray(recording.image, dtype=np.float32),
        world=None if recording.world is None else np.asarray(recording.world, dtype=np.float32),
        width=recording.width,
        height=recording.height,
    )
