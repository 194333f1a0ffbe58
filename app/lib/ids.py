"""Identifiers: time-ordered UUIDs, unguessable tokens, and codes that people read aloud."""

from __future__ import annotations

import os
import secrets
import threading
import time
import uuid
from collections.abc import Callable

_RANDOM_BITS = 74
_RANDOM_LIMIT = 1 << _RANDOM_BITS
# Neither 0/O, 1/I/L, 2/Z, 5/S, 8/B nor U/V: each pair is confused on paper or over the telephone.
REFERENCE_ALPHABET = "34679ACDEFGHJKMNPQRTWXY"


class UuidSource:
    """Makes version 7 UUIDs (RFC 9562, 5.7), strictly increasing within one process.

    Within a millisecond, and when the clock steps back, the random part grows by a random step
    (RFC 9562, 6.2, method 2), so order holds and the next value still cannot be guessed.
    """

    def __init__(
        self,
        milliseconds: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        random_bits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self._milliseconds = milliseconds
        self._random_bits = random_bits
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Start afresh, as a forked child must: it shares its parent's last value."""
        self._lock = threading.Lock()
        self._moment, self._random = -1, 0

    def next(self) -> uuid.UUID:
        """The next identifier, greater than every earlier one of this source."""
        with self._lock:
            self._advance()
            return _assemble(self._moment, self._random)

    def _advance(self) -> None:
        moment = self._milliseconds()
        if moment > self._moment:
            # The top bit stays clear, so that there is room to count on within the millisecond.
            self._moment, self._random = moment, self._random_bits(_RANDOM_BITS - 1)
            return
        self._random += 1 + self._random_bits(32)
        if self._random >= _RANDOM_LIMIT:
            self._moment, self._random = self._moment + 1, self._random_bits(_RANDOM_BITS - 1)


def _assemble(moment: int, random: int) -> uuid.UUID:
    high, low = random >> 62, random & ((1 << 62) - 1)
    return uuid.UUID(int=(moment << 80) | (7 << 76) | (high << 64) | (0b10 << 62) | low)


_source = UuidSource()
os.register_at_fork(after_in_child=_source.forget)


def uuid7() -> uuid.UUID:
    """A new time-ordered identifier; made here and not in Postgres, which has it only from 18."""
    return _source.next()


def new_token(entropy_bytes: int = 32) -> str:
    """An unguessable URL-safe token; 32 bytes are 256 bits (ASVS 7.2.3 asks for 128)."""
    if entropy_bytes < 16:
        raise ValueError("a token needs at least 16 bytes of entropy")
    return secrets.token_urlsafe(entropy_bytes)


def numeric_code(digits: int = 6) -> str:
    """A one-time code of decimal digits, leading zeros kept."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def reference_code(length: int = 8) -> str:
    """A short human reference such as `K7QX-4MPT`, read aloud without confusion.

    It is a label and no secret: 8 characters are 36 bits. The owner's table keeps it unique.
    """
    letters = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(length))
    return "-".join(letters[start : start + 4] for start in range(0, length, 4))


def normalise_reference(text: str) -> str | None:
    """The stored form of a typed reference, or None where it cannot be one.

    Accepts lower case, and spaces or dashes anywhere.
    """
    letters = "".join(char for char in text.upper() if not char.isspace() and char != "-")
    if not 4 <= len(letters) <= 16 or any(char not in REFERENCE_ALPHABET for char in letters):
        return None
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))
