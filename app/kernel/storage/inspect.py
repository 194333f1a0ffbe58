"""Uploads are told by content, bounded while they are read, and re-encoded where they are images.

Re-encoding is the only sure way: a file can be a valid picture and a program or archive at once,
and its metadata tells where the patient lives (KRN-07, FRM-07, SEC-01; ASVS 5.2.2, 5.2.3).
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass, field
from typing import BinaryIO

from app.kernel.storage.errors import (
    UploadDamaged,
    UploadEmpty,
    UploadKindRefused,
    UploadTooLarge,
)
from app.kernel.storage.images import reencode
from app.lib.files import SNIFF_BYTES, FileKind, sniff, with_extension

_CHUNK = 64 * 1024
_PDF_TAIL = 2048


@dataclass(frozen=True, slots=True)
class UploadPolicy:
    """What one upload field accepts: bytes, kinds, and pixels of an unpacked image."""

    max_bytes: int = 10 * 1024 * 1024
    kinds: frozenset[FileKind] = field(default_factory=lambda: frozenset(FileKind))
    max_pixels: int = 40_000_000
    field: str = "file"


@dataclass(frozen=True, slots=True)
class Accepted:
    """An upload fit to be stored. `filename` is for display; `kind.extension` is for the key."""

    kind: FileKind
    content: bytes
    filename: str
    sha256: str

    @property
    def mime(self) -> str:
        """The media type, from the content."""
        return self.kind.value

    @property
    def size(self) -> int:
        """Bytes that will be stored; a re-encoded image differs from what was sent."""
        return len(self.content)


def inspect_upload(stream: BinaryIO, filename: str, policy: UploadPolicy) -> Accepted:
    """Read and check one upload; at most `max_bytes` + 64 KiB are ever held.

    Raises `UploadEmpty`, `UploadTooLarge`, `UploadKindRefused`, `UploadDamaged`, `ImageTooLarge`.
    """
    head = _read_up_to(stream, SNIFF_BYTES)
    if not head:
        raise UploadEmpty(policy.field)
    kind = sniff(head)
    if kind is None or kind not in policy.kinds:
        raise UploadKindRefused(policy.field, allowed=sorted(kind.value for kind in policy.kinds))
    raw = head + _rest(stream, policy, len(head))
    content = _checked_pdf(raw, policy) if kind is FileKind.PDF else reencode(raw, kind, policy)
    return Accepted(
        kind, content, with_extension(filename, kind), hashlib.sha256(content).hexdigest()
    )


def _read_up_to(stream: BinaryIO, amount: int) -> bytes:
    parts = bytearray()
    while len(parts) < amount and (chunk := stream.read(amount - len(parts))):
        parts += chunk
    return bytes(parts)


def _rest(stream: BinaryIO, policy: UploadPolicy, already: int) -> bytes:
    parts, size = [], already
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > policy.max_bytes:
            raise UploadTooLarge(policy.field, limit=policy.max_bytes)
        parts.append(chunk)
    return b"".join(parts)


def _checked_pdf(raw: bytes, policy: UploadPolicy) -> bytes:
    # Nothing here can re-encode a PDF faithfully; it is served sandboxed and never executed.
    if b"%%EOF" not in raw[-_PDF_TAIL:] or b"startxref" not in raw:
        raise UploadDamaged(policy.field)
    if zipfile.is_zipfile(io.BytesIO(raw)):
        raise UploadKindRefused(policy.field, allowed=sorted(kind.value for kind in policy.kinds))
    return raw
