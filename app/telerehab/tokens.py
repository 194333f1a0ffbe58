"""Session tokens for the telemetry process, and the check of its write-backs (TLM-02)."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass

import jwt

from app.lib.errors import Refused
from telemetry.contract import (
    ALGORITHM,
    BODY_HASH_CLAIM,
    SERVICE_AUDIENCE,
    SERVICE_ISSUER,
    SERVICE_SUBJECT,
    SessionClaims,
)


@dataclass(frozen=True)
class TelemetryKeys:
    """The two secrets shared with the telemetry process: ours to sign, its own to verify."""

    token_secret: str
    service_secret: str


def mint(claims: SessionClaims, keys: TelemetryKeys) -> str:
    """The token that a browser shows to the telemetry process."""
    return jwt.encode(claims.to_json(), keys.token_secret, algorithm=ALGORITHM)


def check_write_back(
    header: str | None, body: bytes, keys: TelemetryKeys, now: dt.datetime
) -> None:
    """Refuse a write-back unless the telemetry process signed exactly this body, just now.

    Raises Refused `write_back_refused` for a missing, forged, expired or replaced body or token.
    """
    scheme, _, token = (header or "").partition(" ")
    if scheme != "Bearer":
        raise Refused("write_back_refused")
    try:
        claims = jwt.decode(
            token,
            keys.service_secret,
            algorithms=[ALGORITHM],
            audience=SERVICE_AUDIENCE,
            issuer=SERVICE_ISSUER,
            options={
                "require": ["exp", "iat", "aud", "iss", "sub"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
    except jwt.InvalidTokenError:
        raise Refused("write_back_refused") from None
    stated = str(claims.get(BODY_HASH_CLAIM, ""))
    fits = hmac.compare_digest(stated, hashlib.sha256(body).hexdigest())
    alive = isinstance(claims["exp"], int) and now.timestamp() < claims["exp"]
    if not fits or not alive or claims["sub"] != SERVICE_SUBJECT:
        raise Refused("write_back_refused")
