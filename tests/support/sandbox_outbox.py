"""A sandbox log in memory, with the one promise that the table gives: a key is kept once."""

from __future__ import annotations

from app.integrations.registry import SandboxRecord


class SandboxOutbox:
    """Call it as a `SandboxLog`; `records` are what would have been sent."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, str], SandboxRecord] = {}

    def __call__(self, record: SandboxRecord) -> None:
        self._by_key.setdefault((record.kind, record.idempotency_key), record)

    @property
    def records(self) -> list[SandboxRecord]:
        """In the order in which they came."""
        return list(self._by_key.values())
