"""File kinds told by content, and file names made harmless (KRN-07; ASVS 5.2.2, 5.4.1)."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from urllib.parse import quote

from app.lib.text import clean_line

_LONGEST_NAME = 120
_UNSAFE = frozenset('/\\:*?"<>|%;')
_WINDOWS_DEVICES = frozenset({"con", "prn", "aux", "nul", "com1", "com2", "lpt1", "lpt2"})
SNIFF_BYTES = 16


class FileKind(StrEnum):
    """The kinds people may upload. SVG is absent on purpose: it is a program."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    WEBP = "image/webp"

    @property
    def extension(self) -> str:
        """The extension a stored file of this kind gets, with its dot."""
        return _EXTENSIONS[self]

    @property
    def is_image(self) -> bool:
        """Whether the content can be re-encoded as pixels."""
        return self is not FileKind.PDF


_EXTENSIONS = {
    FileKind.PDF: ".pdf",
    FileKind.PNG: ".png",
    FileKind.JPEG: ".jpg",
    FileKind.WEBP: ".webp",
}


def sniff(head: bytes) -> FileKind | None:
    """The kind by its first 16 bytes, or None. The name a file arrives under proves nothing."""
    if head.startswith(b"%PDF-"):
        return FileKind.PDF
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.PNG
    if head.startswith(b"\xff\xd8\xff"):
        return FileKind.JPEG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return FileKind.WEBP
    return None


def safe_filename(name: str, fallback: str = "file") -> str:
    """A name fit for a download on any system: no path, no control character, bounded length.

    It keeps letters of every script and the extension; it is shown, and never used as a path.
    """
    last = clean_line(name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join("_" if char in _UNSAFE else char for char in last).strip(" .")
    stem, dot, extension = kept.rpartition(".")
    if not dot:
        stem, extension = kept, ""
    if stem.casefold() in _WINDOWS_DEVICES or not stem:
        stem = fallback if not stem else f"_{stem}"
    room = _LONGEST_NAME - len(extension[:10]) - 1
    return f"{stem[:room].rstrip(' .')}{dot}{extension[:10]}"


def with_extension(name: str, kind: FileKind) -> str:
    """The safe name, ending as its content demands: `virus.exe` that is a PNG ends in `.png`."""
    safe = safe_filename(name)
    if kind is FileKind.JPEG and safe.casefold().endswith(".jpeg"):
        return safe
    if safe.casefold().endswith(kind.extension):
        return safe
    return f"{safe.rpartition('.')[0] or safe}{kind.extension}"


def content_disposition(disposition: str, filename: str) -> str:
    """The header value for a download, with ASCII and UTF-8 names (RFC 6266, RFC 8187)."""
    if disposition not in ("inline", "attachment"):
        raise ValueError("disposition is inline or attachment")
    safe = safe_filename(filename)
    decomposed = unicodedata.normalize("NFKD", safe)
    plain = "".join(c for c in decomposed if c.isascii() and c.isprintable()) or "file"
    return f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"
