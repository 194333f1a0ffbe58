"""A telemetry process and an application for the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.recording_file import RecordingFile, load_recording
from tests.telemetry.running import Application, Telemetry, application, in_this_process

POSE = Path(__file__).resolve().parents[1] / "data" / "pose"


@pytest.fixture
def app() -> Iterator[Application]:
    """An application that takes results."""
    with application() as listening:
        yield listening


@pytest.fixture
def telemetry(tmp_path: Path, redis_url: str, app: Application) -> Iterator[Telemetry]:
    """A telemetry process of this test alone."""
    with in_this_process(tmp_path, redis_url, app.url) as running:
        yield running
        for key in running.flags.scan_iter("telemetry:consent:*"):
            running.flags.delete(key)


@pytest.fixture(scope="session")
def squat_file() -> RecordingFile:
    """Nine real squats (MARS)."""
    return load_recording(POSE / "mars_s1_m06.npz", 1920, 1080)
