"""The storage of one clinic: every call compares the clinic with the key first (KRN-01, KRN-07)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import BinaryIO

from app.kernel.storage.keys import guard, new_key
from app.kernel.storage.port import DEFAULT_TTL, BlobStore, Disposition


class ClinicStorage:
    """A blob store that knows only the blobs of `clinic_id`; others do not exist for it.

    Methods mean what they mean in `BlobStore`, and raise `WrongClinic` besides.
    """

    def __init__(
        self, store: BlobStore, clinic_id: uuid.UUID, added: list[str] | None = None
    ) -> None:
        """`added` collects the keys of new blobs, for a caller who takes them away when its transaction fails."""
        self._store = store
        self._clinic_id = clinic_id
        self._added = [] if added is None else added

    def add(
        self, surface: str, extension: str, content: bytes | BinaryIO, owner: str = ""
    ) -> tuple[str, int]:
        """Store a new blob; gives its fresh key and its size in bytes."""
        key = new_key(self._clinic_id, surface, extension, owner)
        size = self._store.put(key, content)
        self._added.append(key)
        return key, size

    def put(self, key: str, content: bytes | BinaryIO) -> int:
        """As `BlobStore.put`."""
        return self._store.put(guard(self._clinic_id, key), content)

    def get(self, key: str) -> bytes:
        """As `BlobStore.get`."""
        return self._store.get(guard(self._clinic_id, key))

    def open(self, key: str) -> BinaryIO:
        """As `BlobStore.open`."""
        return self._store.open(guard(self._clinic_id, key))

    def exists(self, key: str) -> bool:
        """As `BlobStore.exists`."""
        return self._store.exists(guard(self._clinic_id, key))

    def delete(self, key: str) -> None:
        """As `BlobStore.delete`."""
        self._store.delete(guard(self._clinic_id, key))

    def list(self, folder: str = "") -> Iterator[str]:
        """Keys of this clinic, all or those of a folder such as `documents/`."""
        return self._store.list(f"{self._clinic_id}/{folder}")

    def signed_url(
        self,
        key: str,
        ttl: timedelta = DEFAULT_TTL,
        filename: str = "file",
        disposition: Disposition = "attachment",
    ) -> str:
        """As `BlobStore.signed_url`."""
        return self._store.signed_url(guard(self._clinic_id, key), ttl, filename, disposition)
