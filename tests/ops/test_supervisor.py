"""Processes under one supervisor: ready is said once, a stop is clean, a death is told."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ops.environment import MARK
from ops.left_overs import stop_left_overs
from ops.paths import ROOT
from ops.ports import free_port

DRIVER = """
import os, sys
from pathlib import Path
from ops.errors import OpsError
from ops.supervisor import supervise
try:
    supervise(os.environ, sys.argv[1], lambda: print("READY", flush=True), Path(sys.argv[2]))
except OpsError as error:
    print("ERROR", error, flush=True)
    sys.exit(1)
"""
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path):
    started: list[subprocess.Popen[str]] = []

    def start(*lines: str) -> subprocess.Popen[str]:
        port = free_port()
        procfile = tmp_path / "Procfile"
        server = f"web: exec {sys.executable} -u -m http.server --bind 127.0.0.1 {port}"
        procfile.write_text("\n".join([server, *lines]) + "\n")
        command = [sys.executable, "-c", DRIVER, f"http://127.0.0.1:{port}/", str(procfile)]
        environment = {**os.environ, MARK: str(tmp_path), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()
    stop_left_overs(tmp_path)


def read_until(process: subprocess.Popen[str], word: str) -> str:
    assert process.stdout
    seen = ""
    for line in process.stdout:
        seen += line
        if word in line:
            return seen
    raise AssertionError(f"{word} never came:\n{seen}")


def marked(folder: Path) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(folder):
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_stop_it_ends_everything_and_is_no_failure(
    start: Start, tmp_path: Path, number: signal.Signals
):
    process = start("other: exec sleep 60")
    read_until(process, "READY")
    process.send_signal(number)
    assert process.wait(15) == 0
    assert marked(tmp_path) == []


def test_asked_to_stop_while_it_still_starts_it_stops_what_comes_too(start: Start, tmp_path: Path):
    process = start(*[f"other{number}: exec sleep 60" for number in range(12)])
    read_until(process, "started")
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=15)
    assert process.returncode == 0, output
    assert marked(tmp_path) == []


def test_a_process_that_dies_ends_the_system_and_is_told(start: Start, tmp_path: Path):
    process = start("worker: sleep 1; exit 3")
    assert "ended by itself (code 3)" in read_until(process, "ERROR")
    assert process.wait(15) == 1
    assert marked(tmp_path) == []


def test_left_overs_of_a_killed_supervisor_are_ended_and_strangers_are_not(
    start: Start, tmp_path: Path
):
    stranger = subprocess.Popen(["sleep", "60"], env={**os.environ, MARK: "elsewhere"})
    process = start("other: exec sleep 60")
    read_until(process, "READY")
    process.kill()
    process.wait()
    assert len(marked(tmp_path)) >= 2
    assert stop_left_overs(tmp_path) >= 2
    deadline = time.monotonic() + 5
    while marked(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert marked(tmp_path) == []
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
