"""The port that every blob backend fulfils; domains use it through `ClinicStorage`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import BinaryIO, Literal, Protocol

Disposition = Literal["inline", "attachment"]
# Form files are linked for 15 minutes (FRM-07); nothing is linked for longer than S3 allows.
DEFAULT_TTL = timedelta(minutes=15)
MAX_TTL = timedelta(days=7)


class BlobStore(Protocol):
    """Bytes under keys. Every method raises `BadKey` and `StorageUnavailable`."""

    def put(self, key: str, content: bytes | BinaryIO) -> int:
        """Store all of `content` or nothing, replacing what was there; gives its size in bytes.

        Called inside a transaction, before its commit: a blob without a row is swept later, a row
        without a blob would be a loss.
        """
        ...

    def get(self, key: str) -> bytes:
        """The whole blob, for those known to be small. Raises `BlobMissing`."""
        ...

    def open(self, key: str) -> BinaryIO:
        """The blob as a stream that the caller closes. Raises `BlobMissing`."""
        ...

    def exists(self, key: str) -> bool:
        """Whether the blob is there."""
        ...

    def delete(self, key: str) -> None:
        """Remove the blob; removing a missing one is no error, so that erasure can be retried."""
        ...

    def list(self, prefix: str) -> Iterator[str]:
        """Keys under a folder, in order. `prefix` ends in a slash. For erasure and sweeping."""
        ...

    def signed_url(
        self,
        key: str,
        ttl: timedelta = DEFAULT_TTL,
        filename: str = "file",
        disposition: Disposition = "attachment",
    ) -> str:
        """A link that serves this one blob to whoever holds it, until `ttl` is over.

        Called after the permission check, when a page is rendered. It does not check existence.
        Kinds that a browser could run are always served as attachments.
        """
        ...
