"""Where replays go: the interface."""

from typing import Protocol


class BlobStore(Protocol):
    """Writes whole objects. Keys are relative paths from the contract; writing again replaces."""

    def put(self, key: str, content: bytes) -> None:
        """Store durably. Raises OSError (or the store's error) when it could not."""
