"""Blob keys: `<clinic id>/<surface>/[<owner>/]<uuid><extension>`.

The clinic comes first, so that one comparison guards tenancy; the name is ours and never the
uploader's (ASVS 5.3.2). Surfaces are short words such as `signatures` or `documents`.
"""

from __future__ import annotations

import re
import uuid
from pathlib import PurePosixPath

from app.kernel.storage.errors import BadKey, WrongClinic
from app.lib.ids import uuid7

_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}", re.ASCII)
_LONGEST = 500
_MIMES = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".ics": "text/calendar; charset=utf-8",
    ".xml": "application/xml",
    ".gz": "application/gzip",
    ".zip": "application/zip",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
}
# What a browser may show inside a page; everything else is only ever saved.
_SHOWABLE = frozenset({".pdf", ".png", ".jpg", ".webp", ".mp4", ".webm"})


def new_key(clinic_id: uuid.UUID, surface: str, extension: str, owner: str = "") -> str:
    """A fresh key; `extension` has its dot, `owner` may group (a form and field, a session)."""
    parts = [str(clinic_id), surface, *([owner] if owner else []), f"{uuid7()}{extension}"]
    return checked_key("/".join(parts))


def checked_key(key: str) -> str:
    """The key itself if it is well formed: no empty, dotted or foreign segment. Raises `BadKey`."""
    segments = key.split("/")
    if len(key) > _LONGEST or len(segments) < 2:
        raise BadKey
    if not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise BadKey
    return key


def checked_prefix(prefix: str) -> str:
    """A folder to list: whole segments, ending in a slash. Raises `BadKey`."""
    if not prefix.endswith("/"):
        raise BadKey
    if not all(_SEGMENT.fullmatch(segment) for segment in prefix[:-1].split("/")):
        raise BadKey
    return prefix


def guard(clinic_id: uuid.UUID, key: str) -> str:
    """The key itself if that clinic owns it. Raises `WrongClinic` or `BadKey`."""
    if key.split("/", 1)[0] != str(clinic_id):
        raise WrongClinic
    return key


def mime_of(key: str) -> str:
    """The media type by extension; extensions are ours, so they can be trusted."""
    return _MIMES.get(PurePosixPath(key).suffix, "application/octet-stream")


def may_show(key: str) -> bool:
    """Whether the kind may be shown inline; all else is served as an attachment."""
    return PurePosixPath(key).suffix in _SHOWABLE
