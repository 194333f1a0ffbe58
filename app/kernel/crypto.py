"""Encryption of columns with rotating keys (KRN-08): AES-256-GCM, bound to where the value stands.

A sealed value is `version 1 | key name length | key name | 12-byte nonce | ciphertext and tag`. The
header and the context (`table.column` or `table.column:row`) are authenticated, so a value copied
to another column, or row where the row is named, does not open. Random nonces stay safe for 2^32
values a key (NIST SP 800-38D, 8.3), which the 90-day rotation never approaches.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = 1
_NONCE_BYTES = 12
_TAG_BYTES = 16
_KEY_BYTES = 32
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,15}")

RowKey = TypeVar("RowKey")


class CryptoError(Exception):
    """A value or key cannot be used. Its text never shows key, plain or sealed content."""


class KeySettingError(CryptoError):
    """The key setting is malformed; the text is one line for the operator."""


class UnknownKeyError(CryptoError):
    """The value was sealed with a key that the ring no longer (or not yet) holds."""


class TamperedError(CryptoError):
    """The value was changed, cut, or moved to a place that it was not sealed for."""


def context_of(table: str, column: str, row_id: object | None = None) -> str:
    """The place a value is bound to: `clinics.tax_id`, or `clinics.tax_id:<row id>`."""
    place = f"{table}.{column}"
    return place if row_id is None else f"{place}:{row_id}"


class KeyRing:
    """Named 256-bit keys; the first one seals, all of them open."""

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        if not keys:
            raise KeySettingError("ENCRYPTION_KEYS holds no key (expected name:base64-of-32-bytes)")
        if len({name for name, _ in keys}) != len(keys):
            raise KeySettingError("ENCRYPTION_KEYS names one key twice")
        self.current = keys[0][0]
        self._ciphers = {name: AESGCM(key) for name, key in keys}
        self._digest_key = hmac.digest(keys[0][1], b"restartix.digest", hashlib.sha256)

    @classmethod
    def from_setting(cls, setting: str) -> KeyRing:
        """Read `k2:base64,k1:base64`, newest first. Raises `KeySettingError`."""
        entries = [entry.strip() for entry in setting.split(",") if entry.strip()]
        return cls([_parse_key(entry, place) for place, entry in enumerate(entries, start=1)])

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all keys, the current one first."""
        return tuple(self._ciphers)

    def encrypt(self, plain: str, context: str) -> bytes:
        """Seal a text for one place; sealing it twice gives different bytes."""
        header = _header(self.current)
        nonce = os.urandom(_NONCE_BYTES)
        bound = header + context.encode()
        return header + nonce + self._ciphers[self.current].encrypt(nonce, plain.encode(), bound)

    def digest(self, plain: str, context: str) -> str:
        """HMAC-SHA256 in hex under the current key: for short secrets, which a plain hash would give away to guessing.

        A new current key makes other digests, so this is for what lives for minutes.
        """
        bound = f"{context}\0{plain}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._digest_key, bound, hashlib.sha256).hex()

    def decrypt(self, sealed: bytes, context: str) -> str:
        """Open a value at its place. Raises `UnknownKeyError` or `TamperedError`."""
        name, header, rest = _split(sealed)
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise UnknownKeyError(
                f"a value of {context} needs key {name}, which is not in the ring"
            )
        nonce, content = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, content, header + context.encode()).decode()
        except InvalidTag as error:
            raise TamperedError(f"a value of {context} is not what was sealed there") from error

    def needs_rotation(self, sealed: bytes) -> bool:
        """Whether the value was sealed with another key than the current one."""
        return _split(sealed)[0] != self.current

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self.names)})"


def _parse_key(entry: str, place: int) -> tuple[str, bytes]:
    name, colon, encoded = entry.partition(":")
    if not colon or not _NAME.fullmatch(name):
        raise KeySettingError(f"ENCRYPTION_KEYS entry {place} is not name:base64-of-32-bytes")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise KeySettingError(f"ENCRYPTION_KEYS key {name} is not base64") from None
    if len(key) != _KEY_BYTES:
        raise KeySettingError(f"ENCRYPTION_KEYS key {name} has {len(key)} bytes instead of 32")
    return name, key


def _header(name: str) -> bytes:
    return bytes([_VERSION, len(name)]) + name.encode()


def _split(sealed: bytes) -> tuple[str, bytes, bytes]:
    """Key name, authenticated header and the rest (nonce, ciphertext, tag)."""
    if len(sealed) < 2 or sealed[0] != _VERSION:
        raise TamperedError("a sealed value does not start as one")
    end = 2 + sealed[1]
    if len(sealed) < end + _NONCE_BYTES + _TAG_BYTES or not sealed[2:end].isascii():
        raise TamperedError("a sealed value is cut short")
    return sealed[2:end].decode(), sealed[:end], sealed[end:]


def new_key() -> str:
    """A fresh key in the written form of the setting, without a name."""
    return base64.b64encode(os.urandom(_KEY_BYTES)).decode()


@dataclass(frozen=True, slots=True)
class SealedValue(Generic[RowKey]):
    """A stored value with its row and the context that it is bound to."""

    row: RowKey
    context: str
    sealed: bytes


def rotate(keys: KeyRing, values: Iterable[SealedValue[RowKey]]) -> Iterator[SealedValue[RowKey]]:
    """Re-seal with the current key what an older one sealed; only changed values come out.

    It reads and yields one at a time, so the caller decides how many rows one transaction takes.
    Running it again after a stop continues where it ended. Raises what `decrypt` raises.
    """
    for value in values:
        if keys.needs_rotation(value.sealed):
            plain = keys.decrypt(value.sealed, value.context)
            yield SealedValue(value.row, value.context, keys.encrypt(plain, value.context))


class _Installed:
    """The ring of this process; column types have no other way to receive it."""

    keys: KeyRing | None = None


def install(setting: str) -> KeyRing:
    """Make the ring of this process from the setting, once at start. Raises `KeySettingError`."""
    _Installed.keys = KeyRing.from_setting(setting)
    return _Installed.keys


def ring() -> KeyRing:
    """The ring of this process. Raises `CryptoError` before `install`."""
    if _Installed.keys is None:
        raise CryptoError("no key ring is installed; call crypto.install at start")
    return _Installed.keys
