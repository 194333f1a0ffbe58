"""Signed values that expire, and single-use tokens of which only a hash is stored.

A signed value proves that we wrote it, for one purpose, until one moment; it is readable, so it
carries identifiers and never contact or health data. A single-use token proves nothing by itself:
it is looked up by its hash and spent in the database.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from app.lib.clock import Clock, SystemClock
from app.lib.errors import Expired, Refused
from app.lib.ids import new_token

LONGEST_TOKEN = 4096
_MIN_SECRET = 32


class TokenExpired(Expired):
    """The value was ours, and its time is over."""

    code = "token_expired"


class TokenForged(Refused):
    """The value was not written by us for this purpose."""

    code = "token_forged"


class TokenSigner:
    """Writes and reads expiring signed values, each valid for one purpose only.

    Several secrets allow rotation: the last one signs, all of them verify.
    """

    def __init__(self, secrets: str | Sequence[str], clock: Clock | None = None) -> None:
        self._secrets = [secrets] if isinstance(secrets, str) else list(secrets)
        if not self._secrets or min(map(len, self._secrets)) < _MIN_SECRET:
            raise ValueError(f"a signing secret has at least {_MIN_SECRET} characters")
        self._clock = clock or SystemClock()

    def sign(self, purpose: str, payload: Mapping[str, Any], ttl: timedelta) -> str:
        """A URL-safe token with this JSON payload, valid for `ttl` from now (whole seconds)."""
        expires = int((self._clock.now() + ttl).timestamp())
        return str(self._serializer(purpose).dumps([expires, dict(payload)]))

    def verify(self, purpose: str, token: str) -> dict[str, Any]:
        """The payload. Raises `TokenForged`, or `TokenExpired` if it was once valid."""
        if len(token) > LONGEST_TOKEN:
            raise TokenForged(purpose=purpose)
        try:
            expires, payload = self._serializer(purpose).loads(token)
        except (BadData, ValueError, TypeError):
            raise TokenForged(purpose=purpose) from None
        if self._clock.now().timestamp() >= expires:
            raise TokenExpired(purpose=purpose)
        return dict(payload)

    def _serializer(self, purpose: str) -> URLSafeSerializer:
        return URLSafeSerializer(
            self._secrets,
            salt=f"restartix.{purpose}",
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )


@dataclass(frozen=True, slots=True)
class SingleUseToken:
    """A fresh token: `plain` goes to its owner once, `hashed` is what the table keeps."""

    plain: str
    hashed: str


def new_single_use_token() -> SingleUseToken:
    """256 bits of randomness, so a plain SHA-256 is enough: there is nothing to guess."""
    plain = new_token()
    return SingleUseToken(plain, hash_token(plain))


def hash_token(plain: str) -> str:
    """The hexadecimal SHA-256 under which a single-use token is stored and looked up."""
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def same_secret(left: str, right: str) -> bool:
    """Compare two secrets in a time that does not depend on where they differ."""
    return hmac.compare_digest(
        left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass")
    )
