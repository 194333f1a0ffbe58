"""The whole system as `make run` starts it: opens, refuses a twin, stops on Ctrl-C, opens again with its data."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.environment import MARK, SETTING_NAMES
from ops.paths import ROOT
from ops.ports import free_port
from tests.ops.test_supervisor import marked, read_until


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    base = {name: value for name, value in os.environ.items() if name not in SETTING_NAMES | {MARK}}
    return {
        **base,
        "VAR_DIR": str(tmp_path_factory.mktemp("var")),
        "WEB_PORT": str(free_port()),
        "TELEMETRY_PORT": str(free_port()),
        "DEMO": "off",
    }


@pytest.fixture(scope="module", autouse=True)
def _heed_ctrl_c() -> Iterator[None]:
    """As at a terminal: a shell starts what it puts into the background deaf to Ctrl-C, and children inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ops"]
    pipe, joined = subprocess.PIPE, subprocess.STDOUT
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=pipe, stderr=joined, text=True
    )


def finish(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


def test_opens_refuses_a_twin_stops_and_opens_again_even_when_it_was_killed(
    environment: dict[str, str],
):
    var = Path(environment["VAR_DIR"])
    _open_beside_a_twin_and_press_ctrl_c(environment)
    assert marked(var) == []
    assert not (var / "run.env").exists()
    killed = start(environment)
    assert "migrations:" not in read_until(killed, "RestartiX is open")
    killed.kill()
    killed.wait(30)
    assert marked(var)
    assert killed.stdout
    killed.stdout.close()
    again = start(environment)
    try:
        read_until(again, "RestartiX is open")
    finally:
        code, _ = finish(again, signal.SIGTERM)
    assert code == 0
    assert marked(var) == []


def _open_beside_a_twin_and_press_ctrl_c(environment: dict[str, str]) -> None:
    first = start(environment)
    try:
        opened = read_until(first, "RestartiX is open")
        assert "migrations:" in opened
        health = f"http://127.0.0.1:{environment['WEB_PORT']}/healthz"
        assert urllib.request.urlopen(health, timeout=5).status == 200

        twin = start(environment)
        output, _ = twin.communicate(timeout=30)
        assert twin.returncode == 1
        assert output == (
            f"RestartiX already runs here (pid {first.pid}): "
            f"http://127.0.0.1:{environment['WEB_PORT']}, "
            f"http://127.0.0.1:{environment['TELEMETRY_PORT']}\n"
        )
    finally:
        code, output = finish(first, signal.SIGINT)
    assert code == 0
    assert "Traceback" not in output
    # Every process lived until it was asked to stop.
    assert output.index("SIGINT received") < output.index("stopped (rc=")


@pytest.mark.parametrize("seconds", [0.4, 1.0, 2.0])
def test_stop_during_the_start_leaves_nothing(environment: dict[str, str], seconds: float):
    early = start({**environment, "VAR_DIR": environment["VAR_DIR"] + "-early"})
    time.sleep(seconds)
    code, output = finish(early, signal.SIGINT)
    # On a busy machine the first signal may come before Python has read a line of ours.
    assert code in ((0, -signal.SIGINT) if seconds < 1 else (0,)), output
    assert marked(Path(environment["VAR_DIR"] + "-early")) == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("BASE_URL", "ftp://clinic", "BASE_URL is malformed"),
        ("REDIS_URL", "localhost", "REDIS_URL is malformed"),
        ("SECRET_KEY", "short", "SECRET_KEY is too short"),
        ("MODE", "staging", "MODE must be one of"),
        (
            "MODE",
            "production",
            "DATABASE_URL is not set: production mode starts no embedded server",
        ),
        ("WEB_PORT", "http", "WEB_PORT must be a port number"),
    ],
)
def test_wrong_setting_ends_the_start_with_one_line(
    environment: dict[str, str], name: str, value: str, message: str
):
    process = start({**environment, name: value})
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    complaint = [line for line in output.splitlines() if not line.startswith("  ")]
    assert len(complaint) == 1, output
    assert message in complaint[0]
