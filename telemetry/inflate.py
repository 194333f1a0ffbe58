"""Bounded gzip: never more bytes in memory than the contract allows (RFC 1952)."""

import gzip
import zlib

from telemetry.refusals import bad_request, too_large

_GZIP_WINDOW = 31
GZIP_MAGIC = b"\x1f\x8b"
TRAILER_BYTES = 8


def inflate(body: bytes, limit: int) -> bytes:
    """Inflate exactly one gzip member of at most `limit` bytes.

    Raises Refusal: not_gzip, truncated, corrupt, trailing_data (400), inflated_too_large (413).
    """
    if body[:2] != GZIP_MAGIC:
        raise bad_request("not_gzip", "The body is not gzip.")
    machine = zlib.decompressobj(_GZIP_WINDOW)
    try:
        raw = machine.decompress(body, limit + 1)
    except zlib.error:
        raise bad_request("corrupt", "The gzip body is damaged.") from None
    if len(raw) > limit:
        raise too_large("inflated_too_large", f"The body inflates to more than {limit} bytes.")
    if not machine.eof:
        raise bad_request("truncated", "The gzip body ends too early.")
    if machine.unused_data:
        raise bad_request("trailing_data", "There are bytes after the gzip body.")
    return raw


def deflate(raw: bytes, level: int = 6) -> bytes:
    """One gzip member without a time stamp: the same bytes for the same content."""
    return gzip.compress(raw, compresslevel=level, mtime=0)


def fingerprint(member: bytes) -> bytes:
    """CRC-32 and length of the content, as the (verified) gzip trailer holds them."""
    return member[-TRAILER_BYTES:]
