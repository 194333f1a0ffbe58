"""One session's frames in the only order that counts: time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telemetry.aggregate.landmarks import COUNT

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Recording:
    """Frames of one person.

    times: (T,) seconds, strictly rising. image: (T, 33, 4) x and y in shares of width and height,
    z, visibility. world: (T, 33, 3 or more) x, y, z in metres from mid-hip, or None. A point not
    seen has visibility 0 (or NaN, in recordings from elsewhere); its coordinates mean nothing.
    """

    times: FloatArray
    image: FloatArray
    world: FloatArray | None
    width: int
    height: int

    @property
    def frames(self) -> int:
        return int(self.times.size)

    @property
    def seconds(self) -> float:
        return float(self.times[-1] - self.times[0]) if self.frames else 0.0

    def pixels(self, index: int) -> FloatArray:
        """(T, 2) image position of a landmark with x and y in the same unit."""
        scale = np.array((self.width, self.height), dtype=np.float64)
        result: FloatArray = self.image[:, index, :2] * scale
        return result

    def visibility(self, index: int) -> FloatArray:
        """(T,) visibility of a landmark, 0 to 1."""
        result: FloatArray = self.image[:, index, 3]
        return result


def recording_from_frames(
    times_ms: IntArray,
    image: FloatArray,
    world: FloatArray | None,
    width: int,
    height: int,
) -> Recording:
    """Sort by time and keep the first frame of each millisecond.

    Raises ValueError when the shapes disagree, because a silent broadcast would move joints.
    """
    count = len(times_ms)
    if image.shape != (count, COUNT, 4) or (
        world is not None and world.shape[:2] != (count, COUNT)
    ):
        raise ValueError("frames must be T x 33 x 4 and as many as there are times")
    milliseconds = np.asarray(times_ms, dtype=np.int64)
    if np.any(np.diff(milliseconds) <= 0):
        milliseconds, first = np.unique(milliseconds, return_index=True)
        image = image[first]
        world = None if world is None else world[first]
    return Recording(milliseconds / 1000.0, image, world, width, height)
