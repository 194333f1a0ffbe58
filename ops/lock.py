"""One running system per folder. Standard library only.

The lock is the kernel's, not the file's existence: after a power cut or a kill it is simply free again. POSIX record
locks are used because child processes do not inherit them.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from ops.errors import OpsError


class RunLock:
    """`with RunLock(path) as lock:`; OpsError names the process that runs already."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> RunLock:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = self.path.open("a+")
        try:
            fcntl.lockf(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            other = self._read()
            self._handle.close()
            raise OpsError(_already_running(other)) from None
        self.describe([])
        return self

    def describe(self, addresses: list[str]) -> None:
        """Leave a note for a second start: who runs, and where."""
        self._handle.seek(0)
        self._handle.truncate()
        json.dump({"pid": os.getpid(), "addresses": addresses}, self._handle)
        self._handle.flush()

    def __exit__(self, *_: object) -> None:
        self._handle.truncate(0)
        self._handle.close()

    def _read(self) -> dict[str, Any]:
        self._handle.seek(0)
        try:
            note: dict[str, Any] = json.load(self._handle)
        except ValueError:
            return {}
        return note


def _already_running(note: dict[str, Any]) -> str:
    addresses = ", ".join(note.get("addresses") or []) or "still starting"
    return f"RestartiX already runs here (pid {note.get('pid', 'unknown')}): {addresses}"
