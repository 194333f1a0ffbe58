"""A full disk stops the start before anything is written."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from ops import disk, run
from ops.errors import OpsError


def fill(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))


def test_enough_space_passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    fill(monkeypatch, 300_000_000)
    disk.require_space(tmp_path, 300, "running")


def test_start_on_a_full_disk_says_how_much_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    fill(monkeypatch, 12_345_678)
    with pytest.raises(OpsError, match="running needs 300 MB free, 12 MB are left"):
        run.run({}, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"run.lock"}
