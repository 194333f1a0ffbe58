"""Ends the processes of a system whose supervisor was killed and could not do it. Needs psutil."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import psutil

from ops.environment import MARK

GRACE_SECONDS = 5.0


def stop_left_overs(var: Path) -> int:
    """End web, worker and telemetry processes that carry this system's mark; how many there were.

    Only called while holding the run lock, so whatever carries the mark belongs to nobody any more.
    """
    found = [process for process in psutil.process_iter(["pid"]) if _is_ours(process, var)]
    for process in found:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(found, timeout=GRACE_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    return len(found)


def _is_ours(process: psutil.Process, var: Path) -> bool:
    if process.pid == os.getpid():
        return False
    try:
        return bool(process.environ().get(MARK) == str(var))
    except (psutil.Error, OSError):
        return False
