"""Figures of people whose movement is known exactly, and what must not change them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.aggregate.exercises import EXERCISES
from telemetry.aggregate.finalise import ALGORITHM_VERSION, UnknownExercise, pose_figures
from telemetry.aggregate.recording import Recording, recording_from_frames
from telemetry.contract import PoseFigures, Tracking
from tests.telemetry.stick_figure import Pose, arm_raises, bends, filmed, seconds, squats, still

pytestmark = pytest.mark.proves("TLM-04")
SQUAT = Tracking("squat")


def test_counts_and_measures_a_set_seen_from_the_side() -> None:
    figures = pose_figures(squats(5, depth=100), Tracking("squat", target_reps=5))
    assert (figures.reps, figures.partial_reps) == (5, 0)
    assert figures.rom_deg == pytest.approx(100, abs=2)
    assert all(row.rom_deg == pytest.approx(100, abs=2) for row in figures.rep_rows)
    assert (figures.view, figures.rom_trusted, figures.completion) == ("side", True, 1.0)
    assert figures.coverage == 1.0
    assert figures.confidence > 0.9
    assert figures.warnings == ()
    assert figures.algorithm_version == ALGORITHM_VERSION


def test_repetition_times_are_those_of_the_movement() -> None:
    rows = pose_figures(squats(4), SQUAT).rep_rows
    for number, row in enumerate(rows):
        assert row.peak_s == pytest.approx(1 + 3 * number + 1.5, abs=0.1)
        assert 1 + 3 * number <= row.start_s < row.peak_s < row.end_s <= 1 + 3 * (number + 1)


@pytest.mark.parametrize("depth", [40, 60, 90, 120])
def test_range_follows_depth(depth: float) -> None:
    figures = pose_figures(squats(3, depth=depth), SQUAT)
    assert figures.rom_deg == pytest.approx(depth, abs=2)


def test_standing_still_is_zero_repetitions() -> None:
    times = seconds(10)
    figures = pose_figures(filmed(times, still(times.size), jitter=0.004), SQUAT)
    assert figures.reps == 0
    assert figures.rom_deg is None
    assert "no_movement" in figures.warnings


@given(
    roll=st.floats(-40, 40),
    scale=st.floats(0.1, 0.4),
    shift=st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2)),
)
@settings(max_examples=15, deadline=None)
def test_place_size_and_tilt_of_the_phone_change_nothing(
    roll: float, scale: float, shift: tuple[float, float]
) -> None:
    figures = pose_figures(squats(3, roll=roll, scale=scale, shift=shift), SQUAT)
    assert figures.reps == 3
    assert figures.rom_deg == pytest.approx(100, abs=2)


@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 640), (1920, 1080), (1080, 1920)])
def test_picture_format_changes_no_angle(width: int, height: int) -> None:
    figures = pose_figures(squats(3, roll=25, width=width, height=height), SQUAT)
    assert figures.rom_deg == pytest.approx(100, abs=2)


def test_selfie_mirror_changes_no_count() -> None:
    plain, mirrored = (pose_figures(squats(4, mirrored=m), SQUAT) for m in (False, True))
    assert plain.reps == mirrored.reps == 4
    assert plain.rom_deg == pytest.approx(mirrored.rom_deg, abs=0.2)


def test_later_start_changes_only_times() -> None:
    early = squats(3)
    late = replace(early, times=early.times + 60.0)
    first, second = pose_figures(early, SQUAT), pose_figures(late, SQUAT)
    assert [row.peak_s + 60 for row in first.rep_rows] == pytest.approx(
        [row.peak_s for row in second.rep_rows], abs=0.05
    )
    assert first.reps == second.reps


@pytest.mark.parametrize("fps", [5, 7.5, 10, 15, 30, 60])
def test_any_usual_frame_rate(fps: float) -> None:
    figures = pose_figures(squats(4, fps=fps), SQUAT)
    assert figures.reps == 4
    assert figures.rom_deg == pytest.approx(100, abs=6)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_lost_batches_lower_coverage_and_invent_nothing(seed: int) -> None:
    whole = squats(6)
    batches = (whole.times // 1.0).astype(int)
    lost = np.random.default_rng(seed).choice(np.arange(1, batches.max()), size=3, replace=False)
    kept = ~np.isin(batches, lost)
    figures = pose_figures(_frames(whole, kept), SQUAT)
    assert figures.reps + figures.partial_reps <= 6
    assert figures.reps >= 3
    assert figures.coverage < 0.9


def _frames(recording: Recording, kept: np.ndarray) -> Recording:
    world = None if recording.world is None else recording.world[kept]
    return replace(recording, times=recording.times[kept], image=recording.image[kept], world=world)


def test_no_frames_and_one_frame_give_zero() -> None:
    whole = squats(1)
    for count in (0, 1):
        figures = pose_figures(_frames(whole, np.arange(whole.frames) < count), SQUAT)
        assert (figures.reps, figures.coverage, figures.confidence) == (0, 0.0, 0.0)
        assert "low_coverage" in figures.warnings


def test_an_unseen_person_gives_zero_and_says_so() -> None:
    whole = squats(3)
    whole.image[..., 3] = 0.2
    figures = pose_figures(whole, SQUAT)
    assert (figures.reps, figures.rom_deg, figures.confidence) == (0, None, 0.0)
    assert {"low_coverage", "low_confidence"} <= set(figures.warnings)


def test_missing_coordinates_are_unseen_points() -> None:
    whole = squats(3)
    whole.image[40:50] = np.nan
    assert pose_figures(whole, SQUAT).reps == 3


def test_tracker_spikes_do_not_count() -> None:
    whole = squats(3)
    for frame in range(10, whole.frames - 10, 25):
        whole.image[frame, 27, :2] += 0.3
    figures = pose_figures(whole, SQUAT)
    assert figures.reps == 3
    assert figures.rom_deg == pytest.approx(100, abs=6)


def test_a_peak_inside_a_long_gap_is_not_counted() -> None:
    whole = squats(3)
    hidden = (whole.times > 1.2) & (whole.times < 3.6)
    figures = pose_figures(_frames(whole, ~hidden), SQUAT)
    assert figures.reps == 2


def test_front_camera_says_that_the_range_is_not_to_be_read() -> None:
    figures = pose_figures(squats(4, depth=110, yaw=90), SQUAT)
    assert figures.reps == 4
    assert figures.view == "front"
    assert not figures.rom_trusted
    assert "view_differs_from_prescribed" in figures.warnings
    assert {"view_not_suitable_for_rom", "rom_uncertain"} & set(figures.warnings)


def test_without_world_landmarks_counts_and_says_that_the_plane_is_unknown() -> None:
    figures = pose_figures(squats(4, world=False), SQUAT)
    assert figures.reps == 4
    assert figures.plane_weight is None
    assert "plane_unknown" in figures.warnings
    assert not figures.rom_trusted


def test_the_other_arm_is_found_and_flagged() -> None:
    figures = pose_figures(arm_raises(0, 4), Tracking("shoulder_flexion_left"))
    assert figures.reps == 4
    assert figures.side_swapped
    assert "side_swapped" in figures.warnings
    assert {row.side for row in figures.rep_rows} == {"right"}


def test_the_prescribed_arm_wins_when_it_moves() -> None:
    figures = pose_figures(arm_raises(4, 3), Tracking("shoulder_flexion_left"))
    assert (figures.reps, figures.side_swapped) == (4, False)


def test_arms_in_turns_are_counted_one_by_one() -> None:
    figures = pose_figures(arm_raises(6, 0, length=20, turns=True), Tracking("shoulder_flexion"))
    assert figures.reps == 6
    assert [row.side for row in figures.rep_rows] == ["left", "right"] * 3
    assert len(figures.curves) == 2


def test_both_arms_together_are_one_movement() -> None:
    figures = pose_figures(arm_raises(4, 4), Tracking("shoulder_flexion"))
    assert figures.reps == 4
    assert {row.side for row in figures.rep_rows} == {"both"}


def test_a_half_attempt_is_partial() -> None:
    times = seconds(11)
    depth = np.where((times > 4) & (times < 7), 0.6, 1.0)
    knee = bends(times, 3, 110) * depth
    figures = pose_figures(filmed(times, _knees(knee)), SQUAT)
    assert (figures.reps, figures.partial_reps) == (2, 1)
    partial = next(row for row in figures.rep_rows if not row.complete)
    assert partial.flags == ("short",)


def test_a_set_that_stops_at_the_bottom_has_an_open_last_repetition() -> None:
    whole = squats(3)
    figures = pose_figures(_frames(whole, whole.times < 9.0), SQUAT)
    assert figures.reps == 2
    assert [row.flags for row in figures.rep_rows if not row.complete] == [("no_return",)]


def test_an_exercise_that_extends_counts_extensions() -> None:
    times = seconds(14)
    knee = 90 - bends(times, 4, 80)
    figures = pose_figures(filmed(times, _knees(knee)), Tracking("sit_to_stand"))
    assert figures.reps == 4
    assert figures.rom_deg == pytest.approx(80, abs=3)


def test_the_last_stand_counts_and_the_last_squat_does_not() -> None:
    """Five-times sit-to-stand: the clock stops at the fifth stand, nobody sits down again."""
    times = seconds(14)
    standing = filmed(times, _knees(90 - bends(times, 4, 80)))
    figures = pose_figures(_frames(standing, times < 11.6), Tracking("sit_to_stand"))
    assert (figures.reps, figures.partial_reps) == (4, 0)
    squatting = filmed(times, _knees(bends(times, 4, 80)))
    assert pose_figures(_frames(squatting, times < 11.6), SQUAT).reps == 3


def _knees(knee: np.ndarray) -> Pose:
    rest = still(knee.size)
    return Pose((knee, knee), rest.shoulder, rest.elbow)


def test_only_the_marked_sets_count() -> None:
    whole = squats(6)
    figures = pose_figures(whole, SQUAT, [(800, 7200), (13_000, 16_200)])
    assert figures.reps == 3
    assert figures.seconds_tracked == pytest.approx(6.4 + 3.2, abs=0.2)


def test_walking_is_not_counted_and_is_told() -> None:
    times = seconds(14)
    steps = 55 * np.abs(np.sin(np.pi * times)) * (times > 10)
    knee = np.where(times < 10, bends(np.minimum(times, 11), 3, 100), 0) + steps
    path = np.where(times > 10, (times - 10) * 0.4, 0.0)
    figures = pose_figures(filmed(times, _knees(knee), walk=path), SQUAT)
    assert figures.reps == 3
    assert "walking" in figures.warnings


@given(done=st.integers(0, 8), target=st.integers(1, 12))
@settings(max_examples=12, deadline=None)
def test_completion_is_capped_and_raw_is_kept(done: int, target: int) -> None:
    recording = squats(done, fps=10) if done else squats(1, depth=5, fps=10)
    figures = pose_figures(recording, Tracking("squat", target_reps=target))
    assert figures.completion_raw == pytest.approx(done / target, abs=1e-4)
    assert figures.completion == pytest.approx(min(done / target, 1), abs=1e-4)


def test_no_figure_judges_form() -> None:
    """Class I scope: counts, range and completion are information; nothing scores a person."""
    assert not any(
        "score" in name or "form" in name for name in vars(pose_figures(squats(1), SQUAT))
    )


def test_result_survives_the_journey_as_json() -> None:
    figures = pose_figures(squats(2), SQUAT)
    assert PoseFigures.from_json(_through_json(figures.to_json())) == figures


def _through_json(data: object) -> object:
    import json

    return json.loads(json.dumps(data))


def test_curve_is_thin_enough_to_draw() -> None:
    figures = pose_figures(squats(100, fps=10), SQUAT)
    (curve,) = figures.curves
    assert figures.reps == 100
    assert len(curve.times_s) == len(curve.degrees) <= 3000


def test_shapes_that_disagree_are_refused() -> None:
    with pytest.raises(ValueError, match="33 x 4"):
        recording_from_frames(np.arange(3), np.zeros((2, 33, 4)), None, 640, 480)


def test_unknown_exercise_is_named() -> None:
    with pytest.raises(UnknownExercise, match="juggling"):
        pose_figures(squats(1), Tracking("juggling"))


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_every_exercise_of_the_table_is_sound(name: str) -> None:
    exercise = EXERCISES[name]
    assert 10 <= exercise.smallest_rom < exercise.target_rom <= 180
    times = seconds(4)
    assert pose_figures(filmed(times, still(times.size)), Tracking(name)).reps == 0
