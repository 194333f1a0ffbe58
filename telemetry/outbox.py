"""Results that wait to be told, as files: kept until the application has answered."""

import json
from dataclasses import dataclass
from pathlib import Path

from telemetry.buffer import SessionKey
from telemetry.stores.blob_stores import replace_file


@dataclass(frozen=True)
class Pending:
    """One result body and where it waits."""

    path: Path
    body: bytes


class Outbox:
    """`root`/pending holds results to post, `root`/parked those that were refused for good."""

    def __init__(self, root: Path):
        self._pending = root / "pending"
        self._parked = root / "parked"

    def prepare(self) -> None:
        """Create the folders; drop half-written files of a process that died."""
        for folder in (self._pending, self._parked):
            folder.mkdir(parents=True, exist_ok=True)
        for half in self._pending.glob("*.new"):
            half.unlink()

    def add(self, key: SessionKey, body: bytes) -> None:
        """Keep a result durably; adding it again replaces it."""
        replace_file(self._pending / f"{key.organization_id}~{key.session_id}.json", body)

    def pending(self) -> list[Pending]:
        """Oldest first."""
        paths = sorted(self._pending.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        return [Pending(path, path.read_bytes()) for path in paths]

    def waiting(self) -> int:
        """How many results wait."""
        return sum(1 for _ in self._pending.glob("*.json"))

    def told(self, item: Pending) -> None:
        """The application has it."""
        item.path.unlink(missing_ok=True)

    def park(self, item: Pending, reason: str) -> None:
        """Refused for good: keep it with the reason, for a person to look at."""
        parked = self._parked / item.path.name
        replace_file(parked.with_suffix(".reason"), json.dumps({"reason": reason}).encode())
        item.path.replace(parked)
