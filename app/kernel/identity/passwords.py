"""Passwords: argon2id hashes and the rules for new ones (ASVS 6.2)."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.lib.errors import Invalid

MIN_LENGTH = 10
MAX_LENGTH = 128
_KEY_ROWS = (
    "1234567890",
    "0123456789",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb",
)
# The words around which the most used passwords of published lists are built, in English and Romanian.
_COMMON = (
    *(
        "password",
        "passw",
        "parola",
        "parolamea",
        "qwerty",
        "qwertz",
        "letmein",
        "welcome",
        "iloveyou",
    ),
    *(
        "admin",
        "administrator",
        "login",
        "secret",
        "dragon",
        "monkey",
        "football",
        "master",
        "sunshine",
    ),
    *(
        "clinica",
        "clinic",
        "restartix",
        "medic",
        "doctor",
        "kineto",
        "romania",
        "bucuresti",
        "steaua",
    ),
    *("abc", "abcd", "abcdef", "test", "demo", "changeme", "fotbal", "teiubesc", "bunaziua"),
)
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
    plain = password.casefold()
    if len(set(plain)) < 5 or _is_ordered_run(plain) or _is_common(plain):
        raise Invalid.one("password", "password_guessable")


def _is_ordered_run(password: str) -> bool:
    """A walk along the alphabet, the digits or a row of keys, in either direction."""
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    rows = [row * 2 for row in _KEY_ROWS]
    return len(steps) == 1 or any(password in row or password[::-1] in row for row in rows)


def _is_common(password: str) -> bool:
    """A word that everybody thinks of, with digits and signs around it, or repeated."""
    letters = "".join(char for char in password if char.isalpha())
    return any(letters == word * (len(letters) // len(word) or 1) for word in _COMMON)


@lru_cache(maxsize=1)
def _decoy() -> str:
    return _hasher.hash("a password that nobody has")
