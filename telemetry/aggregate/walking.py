"""Moments in which the person changes place instead of exercising."""

import numpy as np

from telemetry.aggregate.landmarks import LEFT_INDEX
from telemetry.aggregate.recording import BoolArray, FloatArray, Recording

WINDOW_SECONDS = 2.0
# A side lunge goes out and back within about one trunk length; a walk keeps going.
TRUNK_LENGTHS = 1.5
SEEN = 0.5


def walking(recording: Recording, grid: FloatArray) -> BoolArray:
    """(N,) moments of the even grid in which mid-hip travels sideways and does not come back."""
    nowhere = np.zeros(grid.size, dtype=bool)
    hip, shoulder = LEFT_INDEX["hip"], LEFT_INDEX["shoulder"]
    seen = np.logical_and.reduce(
        [recording.visibility(i) >= SEEN for i in (hip, hip + 1, shoulder, shoulder + 1)]
    )
    if seen.sum() < 2 or grid.size == 0:
        return nowhere
    middle = ((recording.pixels(hip) + recording.pixels(hip + 1)) / 2)[seen]
    neck = ((recording.pixels(shoulder) + recording.pixels(shoulder + 1)) / 2)[seen]
    trunk = float(np.median(np.linalg.norm(neck - middle, axis=1)))
    across = np.interp(grid, recording.times[seen], middle[:, 0])
    return _travels(grid, across, TRUNK_LENGTHS * trunk)


def _travels(grid: FloatArray, across: FloatArray, distance: float) -> BoolArray:
    result = np.zeros(grid.size, dtype=bool)
    steps = int(np.searchsorted(grid, grid[0] + WINDOW_SECONDS))
    if steps >= grid.size or not distance > 0:
        return result
    far = np.flatnonzero(np.abs(across[steps:] - across[:-steps]) > distance)
    edges = np.zeros(grid.size + 1, dtype=np.int64)
    np.add.at(edges, far, 1)
    np.add.at(edges, far + steps + 1, -1)
    return np.asarray(np.cumsum(edges[:-1]) > 0)
