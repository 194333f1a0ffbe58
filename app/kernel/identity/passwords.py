"""Passwords: argon2id hashes and the rules for new ones (ASVS 6.2)."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.lib.errors import Invalid

MIN_LENGTH = 10
MAX_LENGTH = 128
# The defaults of the library (RFC 9106, second profile): 64 MiB a hash; budget workers by that.
_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """An argon2id hash with its parameters. Raises Invalid when the password is too weak."""
    check_strength(password)
    return _hasher.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Whether `password` is right. Takes as long for an account without a password."""
    try:
        return _hasher.verify(stored or _decoy(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with older parameters."""
    return _hasher.check_needs_rehash(stored)


def check_strength(password: str) -> None:
    """Length decides, no composition rules (ASVS 6.2.5); a repeated or ordered run is refused."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid.one("password", "password_length", min=MIN_LENGTH, max=MAX_LENGTH)
    if len(set(password.casefold())) < 5 or _is_ordered_run(password):
        raise Invalid.one("password", "password_guessable")


def _is_ordered_run(password: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    return len(steps) == 1


@lru_cache(maxsize=1)
def _decoy() -> str:
    return _hasher.hash("a password that nobody has")
