"""Session tokens in, service tokens out (HS256, RFC 7519)."""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable

import jwt

from telemetry.contract import (
    ALGORITHM,
    AUDIENCE,
    BODY_HASH_CLAIM,
    ISSUER,
    SERVICE_AUDIENCE,
    SERVICE_ISSUER,
    SERVICE_SUBJECT,
    ContractError,
    SessionClaims,
)
from telemetry.refusals import Refusal

LEEWAY_SECONDS = 5
SERVICE_TOKEN_SECONDS = 60
_REQUIRED = ["iss", "aud", "sub", "iat", "exp", "jti"]
_REMEMBERED = 20_000


class SessionTokens:
    """Verifies session tokens and remembers the good ones, so that a batch costs a look-up."""

    def __init__(self, secret: str, now: Callable[[], float]):
        self._secret = secret
        self._now = now
        self._known: OrderedDict[bytes, SessionClaims] = OrderedDict()

    def verify(self, authorization: bytes) -> SessionClaims:
        """Claims of an `Authorization: Bearer` value. Raises Refusal 401."""
        scheme, _, token = authorization.partition(b" ")
        if scheme.lower() != b"bearer" or not token:
            raise Refusal(401, "no_token", "A session token is needed.")
        claims = self._known.get(token)
        if claims is None:
            claims = self._decode(token)
            self._remember(token, claims)
        if claims.expires_at + LEEWAY_SECONDS <= self._now():
            raise Refusal(401, "token_expired", "The session token has expired.")
        return claims

    def _decode(self, token: bytes) -> SessionClaims:
        try:
            payload = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=LEEWAY_SECONDS,
                options={"require": _REQUIRED},
            )
            return SessionClaims.from_json(payload)
        except jwt.ExpiredSignatureError:
            raise Refusal(401, "token_expired", "The session token has expired.") from None
        except (jwt.PyJWTError, ContractError, ValueError):
            raise Refusal(401, "token_invalid", "The session token is not valid.") from None

    def _remember(self, token: bytes, claims: SessionClaims) -> None:
        self._known[token] = claims
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


class ServiceTokens:
    """Mints the token with which a result is posted: short life, good for one body only."""

    def __init__(self, secret: str, now: Callable[[], float]):
        self._secret = secret
        self._now = now

    def for_body(self, body: bytes) -> str:
        """A token bound to this body by its SHA-256."""
        issued = int(self._now())
        claims = {
            "iss": SERVICE_ISSUER,
            "aud": SERVICE_AUDIENCE,
            "sub": SERVICE_SUBJECT,
            "iat": issued,
            "exp": issued + SERVICE_TOKEN_SECONDS,
            "jti": secrets.token_urlsafe(16),
            BODY_HASH_CLAIM: hashlib.sha256(body).hexdigest(),
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)
