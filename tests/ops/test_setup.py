"""Wrong Python, no network, repeated set-up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops import setup
from ops.errors import OpsError
from ops.paths import ROOT

NO_INDEX = "http://127.0.0.1:9/simple"


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 9), (3, 7, 17)])
def test_ancient_python_gets_one_line(version: tuple[int, int, int]):
    code = (
        f"import sys, runpy; sys.version_info = {version}\n"
        "runpy.run_module('ops.start', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "needs Python 3.11 or 3.12" in done.stderr


def test_unsupported_python_without_uv_gets_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(setup, "VENV", tmp_path / "venv")
    monkeypatch.setattr(setup, "find_uv", lambda: None)
    monkeypatch.setattr(setup.sys, "version_info", (3, 13, 1))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OpsError, match=r"needs Python 3\.11 or 3\.12, this is 3\.13: install one"):
        setup.make_venv()


def test_another_supported_python_on_the_path_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    shim, real = tmp_path / "python3.12", tmp_path / "python3.11"
    shim.write_text("#!/bin/sh\nexit 127\n")
    real.symlink_to(sys.executable)
    shim.chmod(0o755)
    monkeypatch.setattr(setup.sys, "version_info", (3, 13, 1))
    monkeypatch.setattr(setup, "LOG", tmp_path / "setup.log")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    assert setup.find_python() == str(real)


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_no_network_is_named_as_the_cause(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installer: str
):
    wanted = tmp_path / "wanted.txt"
    wanted.write_text(f"restartix-is-not-published==1.0 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(setup, "LOG", tmp_path / "setup.log")
    stamped: list[object] = []
    monkeypatch.setattr(setup, "_stamp", lambda *stamp: stamped.append(stamp))
    if installer == "pip":
        monkeypatch.setattr(setup, "find_uv", lambda: None)
        monkeypatch.setattr(setup, "_install_uv", lambda: None)
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "UV_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    closed = {"PIP_INDEX_URL": NO_INDEX, "UV_DEFAULT_INDEX": NO_INDEX, "PIP_RETRIES": "0"}
    for name, value in {**closed, "UV_HTTP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(OpsError, match="package index cannot be reached; check the network"):
        setup.install(str(wanted))
    assert stamped == []


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("npm error code EAI_AGAIN", "cannot be reached"),
        ("npm error code ENOSPC\nnpm error nospc No space left", "the disk is full"),
        ("error: hash mismatch", "the installer failed"),
    ],
)
def test_cause_is_read_from_the_installers_output(log: str, cause: str):
    assert cause in setup._reason(log)


def test_nothing_to_do_is_found_out_quickly():
    command = [sys.executable, "-m", "ops.start", "--dev"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20
    )
    assert done.returncode == 0, done.stderr
    assert "Set up in" in done.stdout


def test_stamp_follows_the_lock_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    (tmp_path / "list.txt").write_text("a==1")
    setup._stamp(tmp_path / "folder", "list.txt")
    assert setup._is_stamped(tmp_path / "folder", "list.txt")
    (tmp_path / "list.txt").write_text("a==2")
    assert not setup._is_stamped(tmp_path / "folder", "list.txt")
