"""Counts on recordings of real people.

Own fixtures (MARS, MIT licence) are always judged. The larger set lies beside the project, at
../shared/data/pose, and may not be shipped; where it is absent, the own fixtures alone are judged
and the tests of the larger set are skipped with that reason.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from telemetry.aggregate.finalise import pose_figures
from telemetry.aggregate.recording import recording_from_frames
from telemetry.contract import PoseFigures, Tracking
from telemetry.recording_file import load_recording
from tests.telemetry.conftest import POSE

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "pose"
OWN = (
    ("mars_s1_m01", "shoulder_flexion_left", 4),
    ("mars_s1_m06", "squat", 9),
    ("mars_s1_m09", "hip_abduction_left", 8),
)


@dataclass(frozen=True)
class Score:
    """Figures of one recording and how far its count is from the labelled interval."""

    name: str
    figures: PoseFigures
    error: int


def figures_of(path: Path, exercise: str, width: int, height: int) -> PoseFigures:
    """As the command line computes them."""
    file = load_recording(path, width, height)
    recording = recording_from_frames(
        file.times_ms, file.image, file.world, file.width, file.height
    )
    return pose_figures(recording, Tracking(exercise))


@pytest.fixture(scope="module")
def scores() -> list[Score]:
    """The larger set."""
    index = SHARED / "index.json"
    if not index.is_file():
        pytest.skip("../shared/data/pose is absent: the project's own recordings are judged alone")
    found = []
    for one in json.loads(index.read_text())["sequences"]:
        figures = figures_of(SHARED / one["file"], one["exercise"], one["width"], one["height"])
        error = max(0, one["reps_min"] - figures.reps, figures.reps - one["reps_max"])
        found.append(Score(one["id"], figures, error))
    return found


@pytest.mark.proves("TLM-04")
@pytest.mark.parametrize(("name", "exercise", "count"), OWN)
def test_own_recordings_are_counted_exactly(name: str, exercise: str, count: int) -> None:
    figures = figures_of(POSE / f"{name}.npz", exercise, 1920, 1080)
    assert (figures.reps, figures.partial_reps) == (count, 0)
    assert figures.confidence > 0.9


@pytest.mark.proves("TLM-04", "BYD-08")
def test_the_larger_set_is_counted_as_well_as_promised(scores: list[Score]) -> None:
    missed = {score.name: score.error for score in scores if score.error}
    assert max(missed.values(), default=0) <= 1, missed
    assert len(missed) <= 0.05 * len(scores), missed


@pytest.mark.proves("BYD-08")
def test_confidence_warns_where_little_was_seen(scores: list[Score]) -> None:
    for score in scores:
        if score.figures.coverage < 0.6:
            assert "low_coverage" in score.figures.warnings
        if score.figures.confidence < 0.5:
            assert "low_confidence" in score.figures.warnings


@pytest.mark.proves("TLM-04")
def test_a_person_who_only_stands_does_no_squats(scores: list[Score]) -> None:
    for score in scores:
        if score.name == "rx_stand":
            assert (score.figures.reps, score.figures.partial_reps) == (0, 0)
