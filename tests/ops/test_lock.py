"""A second start, a stale lock after a power cut, a killed system."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.lock import RunLock
from ops.paths import ROOT

HOLD = """
import sys, time
from pathlib import Path
from ops.lock import RunLock
with RunLock(Path(sys.argv[1])) as lock:
    lock.describe(["http://127.0.0.1:8000"])
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "run.lock")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_second_start_names_process_and_addresses(holder: subprocess.Popen[str], tmp_path: Path):
    with pytest.raises(OpsError) as refusal, RunLock(tmp_path / "run.lock"):
        pass
    assert str(refusal.value) == (
        f"RestartiX already runs here (pid {holder.pid}): http://127.0.0.1:8000"
    )
    assert holder.poll() is None


def test_refused_start_leaves_the_first_one_its_lock(holder: subprocess.Popen[str], tmp_path: Path):
    for _ in range(2):
        with pytest.raises(OpsError), RunLock(tmp_path / "run.lock"):
            pass


def test_lock_of_a_killed_system_is_free(holder: subprocess.Popen[str], tmp_path: Path):
    holder.kill()
    holder.wait()
    with RunLock(tmp_path / "run.lock"):
        assert json.loads((tmp_path / "run.lock").read_text())["addresses"] == []


@pytest.mark.parametrize("left", ['{"pid": 1, "addresses": ["x"]}', "", "\0\0\0", '{"pid": '])
def test_stale_lock_file_after_a_power_cut_stops_nothing(tmp_path: Path, left: str):
    (tmp_path / "run.lock").write_text(left)
    with RunLock(tmp_path / "run.lock"):
        pass
