"""The command line and the settings: exact output, one clear line when something is wrong."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from telemetry.__main__ import main
from telemetry.contract import consent_key
from telemetry.recording_file import load_recording
from telemetry.settings import Settings, SettingsError
from tests.telemetry.conftest import POSE
from tests.telemetry.running import (
    ROOT,
    Application,
    Telemetry,
    environment,
    session_claims,
    token_of,
)

GOOD = environment(Path("/srv/t"), "redis://127.0.0.1:6379/0", "http://127.0.0.1:8000", 8001)


def test_good_settings() -> None:
    settings = Settings.from_env(GOOD)
    assert (settings.port, settings.spool, settings.storage) == (
        8001,
        "disk:/srv/t/spool",
        "disk:/srv/t/blobs",
    )
    assert settings.outbox == Path("/srv/t/spool/outbox")
    assert settings.allowed_origin == "http://clinic.test:8000"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEMETRY_TOKEN_SECRET", ""),
        ("TELEMETRY_TOKEN_SECRET", "short"),
        ("TELEMETRY_SERVICE_SECRET", "short"),
        ("TELEMETRY_PORT", "eighty"),
        ("TELEMETRY_PORT", "70000"),
        ("REDIS_URL", ""),
        ("REDIS_URL", "http://redis"),
        ("APP_URL", "ftp://app"),
        ("BASE_URL", "http://host:port"),
        ("TELEMETRY_SPOOL", "relative"),
        ("STORAGE", "cloud"),
        ("TELEMETRY_GRACE_SECONDS", "-1"),
        ("LOG_LEVEL", "LOUD"),
        ("TELEMETRY_SPOOL", "s3://bucket"),
    ],
)
def test_a_wrong_setting_stops_with_its_name_and_never_its_value(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for key, good in {**GOOD, name: value}.items():
        monkeypatch.setenv(key, good)
    assert main(["serve"]) == 2
    line = capsys.readouterr().err
    assert line.startswith("telemetry: ")
    assert line.count("\n") == 1
    assert name.split("_")[0] in line
    if "SECRET" in name and value:
        assert value not in line.replace("too short", "")


def test_production_has_no_default_places() -> None:
    bare = {k: v for k, v in GOOD.items() if k not in {"TELEMETRY_SPOOL", "STORAGE"}}
    assert Settings.from_env(bare).storage.startswith("disk:")
    with pytest.raises(SettingsError):
        Settings.from_env({**bare, "MODE": "production"})


@pytest.mark.proves("TLM-04")
def test_aggregate_prints_the_agreed_object(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(POSE / "mars_s1_m06.npz")
    assert (
        main(["aggregate", file, "--exercise", "squat", "--width", "1920", "--height", "1080"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {
        "reps",
        "partial_reps",
        "rep_rows",
        "rom_deg",
        "coverage",
        "confidence",
        "view",
        "warnings",
        "algorithm_version",
    }
    assert told["reps"] == len(told["rep_rows"]) == 9
    assert set(told["rep_rows"][0]) == {"start_s", "peak_s", "end_s", "rom_deg", "side"}


def test_aggregate_takes_a_side_and_says_when_the_size_was_assumed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = str(POSE / "mars_s1_m09.npz")
    assert main(["aggregate", file, "--exercise", "hip_abduction", "--side", "left"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["reps"] == 8
    assert "picture_size_assumed" in told["warnings"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"hello", None])
def test_aggregate_says_what_is_wrong_with_a_file(
    tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.npz"
    if content is not None:
        file.write_bytes(content)
    assert main(["aggregate", str(file), "--exercise", "squat"]) == 2
    assert capsys.readouterr().err.startswith("telemetry: ")


@pytest.mark.parametrize(
    "arrays",
    [
        {"t": np.zeros(3)},
        {"t": np.arange(3), "lm": np.zeros((3, 17, 4))},
        {"t": np.arange(2), "lm": np.zeros((3, 33, 4))},
        {"t": np.array([2.0, 1.0]), "lm": np.zeros((2, 33, 4))},
        {"t": np.array([np.nan, 1.0]), "lm": np.zeros((2, 33, 4))},
        {"t": np.zeros(0), "lm": np.zeros((0, 33, 4))},
        {"t": np.arange(2), "lm": np.zeros((2, 33, 4)), "world": np.zeros((1, 33, 4))},
    ],
)
def test_recordings_of_another_shape_are_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray], capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "x.npz", **arrays)
    assert main(["aggregate", str(tmp_path / "x.npz"), "--exercise", "squat"]) == 2
    assert "x.npz" in capsys.readouterr().err


@pytest.mark.proves("TLM-03")
def test_stream_sends_the_demo_recording(
    telemetry: Telemetry, app: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry.flags.set(consent_key("clinic-a", "s1"), "pose")
    demo = ROOT / "telemetry" / "demo" / "squat.npz"
    token = token_of(session_claims())
    assert main(["stream", str(demo), "--url", telemetry.url, "--token", token, "--compact"]) == 0
    (result,) = app.wait()
    assert result.pose is not None
    assert result.pose.reps == 9
    assert "batches sent" in capsys.readouterr().out


def test_stream_says_why_it_was_refused(
    telemetry: Telemetry, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = ROOT / "telemetry" / "demo" / "squat.npz"
    for token, reason in (
        (token_of(session_claims("no-consent")), "consent_missing"),
        ("x", "token_invalid"),
    ):
        assert main(["stream", str(demo), "--url", telemetry.url, "--token", token]) == 2
        assert reason in capsys.readouterr().err


def clip(path: Path, picture: np.ndarray, frames: int = 8) -> Path:
    """A short clip in which the picture moves a little."""
    height, width = picture.shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, (width, height))
    for number in range(frames):
        writer.write(np.roll(picture, 2 * number, axis=1))
    writer.release()
    return path


@pytest.mark.proves("TLM-07")
def test_a_clip_of_a_person_becomes_a_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Astronaut Eileen Collins, NASA portrait, public domain."""
    portrait = cv2.imread(str(POSE / "astronaut.jpg"))
    made, target = clip(tmp_path / "a.avi", portrait), tmp_path / "a.npz"
    assert main(["extract", str(made), "-o", str(target)]) == 0
    assert "in 8 of 8 frames" in capsys.readouterr().out
    file = load_recording(target)
    assert (file.width, file.height, file.times_ms.tolist()[:3]) == (320, 320, [0, 100, 200])
    nose = file.image[-1, 0]
    assert nose[3] > 0.9
    assert 0.3 < nose[0] < 0.7
    assert 0.1 < nose[1] < 0.5
    assert file.world is not None
    assert main(["aggregate", str(target), "--exercise", "elbow_flexion"]) == 0
    assert json.loads(capsys.readouterr().out)["reps"] == 0


@pytest.mark.proves("TLM-07")
def test_clips_that_hold_no_person_or_no_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.npz"
    empty = clip(tmp_path / "grey.avi", np.full((120, 160, 3), 127, np.uint8), 4)
    (tmp_path / "text.mp4").write_bytes(b"this is no film")
    for name, reason in (
        (empty, "No person was found"),
        (tmp_path / "text.mp4", "is not a video"),
        (tmp_path / "nowhere.mp4", "does not exist"),
    ):
        assert main(["extract", str(name), "-o", str(target)]) == 2
        assert reason in capsys.readouterr().err
    assert not target.exists()
