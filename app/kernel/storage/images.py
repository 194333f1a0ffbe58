"""Images taken apart to pixels and written anew: no metadata, no second file inside."""

from __future__ import annotations

import io
import struct
import warnings
from typing import Protocol

from PIL import Image, ImageOps

from app.kernel.storage.errors import ImageTooLarge, UploadDamaged
from app.lib.files import FileKind

_FORMATS = {FileKind.PNG: "PNG", FileKind.JPEG: "JPEG", FileKind.WEBP: "WEBP"}
_OPTIONS: dict[FileKind, dict[str, int | bool]] = {
    FileKind.PNG: {"optimize": False},
    FileKind.JPEG: {"quality": 90},
    FileKind.WEBP: {"quality": 90},
}
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError, MemoryError)


class ImagePolicy(Protocol):
    """The part of an upload policy that matters to images."""

    @property
    def max_pixels(self) -> int:
        """Width times height at most."""
        ...

    @property
    def field(self) -> str:
        """The form field that an error names."""
        ...


def reencode(raw: bytes, kind: FileKind, policy: ImagePolicy) -> bytes:
    """The same picture, upright, first frame only, in the same format and without metadata.

    Raises `ImageTooLarge` before any pixel is unpacked, and `UploadDamaged`.
    """
    try:
        with warnings.catch_warnings():
            # Our own pixel bound decides; Pillow's warning would only be noise.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw), formats=[_FORMATS[kind]]) as picture:
                return _rewritten(picture, kind, policy)
    except Image.DecompressionBombError:
        raise ImageTooLarge(policy.field, limit=policy.max_pixels) from None
    except _UNREADABLE:
        raise UploadDamaged(policy.field) from None


def _rewritten(picture: Image.Image, kind: FileKind, policy: ImagePolicy) -> bytes:
    width, height = picture.size
    if width * height > policy.max_pixels:
        raise ImageTooLarge(policy.field, limit=policy.max_pixels)
    picture.load()
    upright = ImageOps.exif_transpose(picture)
    plain = _plain_mode(upright, kind)
    plain.info = {}
    out = io.BytesIO()
    plain.save(out, _FORMATS[kind], **_OPTIONS[kind])
    return out.getvalue()


def _plain_mode(picture: Image.Image, kind: FileKind) -> Image.Image:
    """One of four plain modes, so that palettes and colour profiles carry nothing through."""
    has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    if kind is not FileKind.JPEG and has_alpha:
        return picture.convert("RGBA")
    grey = picture.mode in ("1", "L", "I", "I;16", "F", "LA")
    if grey and kind is not FileKind.WEBP:
        return picture.convert("L")
    return picture.convert("RGB")
