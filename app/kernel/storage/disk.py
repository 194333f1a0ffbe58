"""Blobs as files under one folder; links are signed tokens that a web route verifies."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from app.kernel.storage.errors import BlobMissing, StorageUnavailable
from app.kernel.storage.keys import checked_key, checked_prefix, may_show, mime_of
from app.kernel.storage.port import DEFAULT_TTL, MAX_TTL, Disposition
from app.kernel.tokens import TokenSigner
from app.lib.files import content_disposition

_PURPOSE = "blob"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class BlobGrant:
    """What a signed link allows: one blob, served with this type and disposition header.

    The route adds `X-Content-Type-Options: nosniff`, `Content-Security-Policy: sandbox` and
    `Cache-Control: private`.
    """

    key: str
    mime: str
    content_disposition: str


class DiskStore:
    """Files under `root`, each under its key.

    A key never reaches the file system unchecked, so it cannot leave `root`; a file appears under
    its name only when complete and synced.
    """

    def __init__(self, root: Path, signer: TokenSigner, base_url: str) -> None:
        """`base_url` is where the web process serves `/blobs/<token>`, without a final slash."""
        self._root = root
        self._signer = signer
        self._base_url = base_url.rstrip("/")

    def put(self, key: str, content: bytes | BinaryIO) -> int:
        """See `BlobStore.put`."""
        target = self._path(key)
        with _named_failures(key):
            target.parent.mkdir(parents=True, exist_ok=True)
            return self._write(
                target, io.BytesIO(content) if isinstance(content, bytes) else content
            )

    def _write(self, target: Path, content: BinaryIO) -> int:
        waiting = self._root / "~waiting"
        waiting.mkdir(exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=waiting)
        try:
            with os.fdopen(descriptor, "wb") as file:
                shutil.copyfileobj(content, file, _CHUNK)
                size = file.tell()
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
        return size

    def get(self, key: str) -> bytes:
        """See `BlobStore.get`."""
        with self.open(key) as file:
            return file.read()

    def open(self, key: str) -> BinaryIO:
        """See `BlobStore.open`."""
        with _named_failures(key):
            return self._path(key).open("rb")

    def exists(self, key: str) -> bool:
        """See `BlobStore.exists`."""
        return self._path(key).is_file()

    def delete(self, key: str) -> None:
        """See `BlobStore.delete`."""
        with _named_failures(key):
            self._path(key).unlink(missing_ok=True)

    def list(self, prefix: str) -> Iterator[str]:
        """See `BlobStore.list`."""
        folder = self._root / checked_prefix(prefix)
        keys = (self._key(path) for path in folder.rglob("*") if path.is_file())
        return iter(sorted(keys))

    def signed_url(
        self,
        key: str,
        ttl: timedelta = DEFAULT_TTL,
        filename: str = "file",
        disposition: Disposition = "attachment",
    ) -> str:
        """See `BlobStore.signed_url`."""
        shown = disposition if may_show(key) else "attachment"
        grant = {"key": checked_key(key), "as": content_disposition(shown, filename)}
        token = self._signer.sign(_PURPOSE, grant, min(ttl, MAX_TTL))
        return f"{self._base_url}/blobs/{token}"

    def verify(self, token: str) -> BlobGrant:
        """What the token in a link allows. Raises `TokenForged` or `TokenExpired`."""
        grant = self._signer.verify(_PURPOSE, token)
        key = checked_key(grant["key"])
        return BlobGrant(key, mime_of(key), grant["as"])

    def _path(self, key: str) -> Path:
        # The plain key below the root: the telemetry process writes replays by the same rule.
        return self._root / checked_key(key)

    def _key(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()


@contextmanager
def _named_failures(key: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise BlobMissing(key=key) from None
    except OSError as error:
        raise StorageUnavailable(cause=error.strerror) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
