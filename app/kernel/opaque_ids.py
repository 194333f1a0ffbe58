"""Identifiers in short addresses: 22 letters and digits that say nothing and cannot be made up.

A version 7 identifier tells when it was made and lies near its neighbours, so it is no secret. One AES block under a
key of its own (NIST SP 800-38A; a block cipher permutes all 128-bit values) turns it into 128 bits without a pattern:
whoever guesses must meet one of 2^128. Nothing is stored, and the same identifier always has the same address.
"""

from __future__ import annotations

import hashlib
import hmac
import string
import uuid

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from app.kernel.tokens import TokenForged

# 62^22 is the first power above 2^128. No dash or dot: telephones cut a link at its last one.
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
LENGTH = 22
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}


class OpaqueIds:
    """Writes identifiers for one purpose; what was written for another purpose reads as something unknown."""

    def __init__(self, secret: str, purpose: str) -> None:
        key = hmac.digest(secret.encode(), f"restartix.id.{purpose}".encode(), hashlib.sha256)
        # A fixed vector is right here: there is one block, and it must come out the same each time.
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(bytes(16)))

    def write(self, identifier: uuid.UUID) -> str:
        """The identifier for an address."""
        encryptor = self._cipher.encryptor()
        block = encryptor.update(identifier.bytes) + encryptor.finalize()
        return _letters(int.from_bytes(block, "big"))

    def read(self, text: str) -> uuid.UUID:
        """The identifier that may be meant: whether it exists is for its table to say. Raises TokenForged."""
        decryptor = self._cipher.decryptor()
        plain = decryptor.update(_number(text).to_bytes(16, "big")) + decryptor.finalize()
        return uuid.UUID(bytes=plain)


def _letters(number: int) -> str:
    letters = ""
    for _ in range(LENGTH):
        number, value = divmod(number, len(ALPHABET))
        letters = ALPHABET[value] + letters
    return letters


def _number(text: str) -> int:
    if len(text) != LENGTH or any(letter not in _VALUES for letter in text):
        raise TokenForged()
    number = 0
    for letter in text:
        number = number * len(ALPHABET) + _VALUES[letter]
    if number >> 128:
        raise TokenForged()
    return number
