"""Where the sandbox keeps its payments: one JSON file each, shared by web and worker."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_NAME = re.compile(r"[a-z0-9_]{1,80}")
Row = dict[str, Any]


class FileLedger:
    """Rows by name in one folder; a lock makes read-then-write one step across processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else changes the ledger meanwhile."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def load(self, name: str) -> Row | None:
        """The row of that name, or None; also None for a name that cannot be one."""
        if not _NAME.fullmatch(name):
            return None
        try:
            row: Row = json.loads((self._folder / f"{name}.json").read_text())
        except FileNotFoundError:
            return None
        return row

    def save(self, name: str, row: Row) -> None:
        """Store the row as a whole, or not at all."""
        if not _NAME.fullmatch(name):
            raise ValueError("a ledger name has lower-case letters, digits and underscores")
        waiting = self._folder / f"{name}.{os.getpid()}.new"
        waiting.write_text(json.dumps(row))
        waiting.replace(self._folder / f"{name}.json")
