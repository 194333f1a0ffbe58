"""Signed webhooks, both directions, in the Standard Webhooks 1.0.0 form.

Signed text is `id.timestamp.body`, HMAC-SHA256, header value `v1,<base64>`. Several signatures may
stand in one header while a secret is rotated.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from app.lib.errors import Refused

TOLERANCE_SECONDS = 300
_PREFIX = "whsec_"
_LONGEST_HEADER = 4096


class SignatureInvalid(Refused):
    """The call does not prove its sender; `params["fault"]` says how, for the log only."""

    code = "webhook_signature"


def new_secret(random: bytes) -> str:
    """The written form of 24 to 64 random bytes."""
    if not 24 <= len(random) <= 64:
        raise ValueError("a webhook secret has 24 to 64 bytes")
    return _PREFIX + base64.b64encode(random).decode()


def sign(secret: str, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """The three headers that go with exactly these bytes."""
    if not message_id or "." in message_id:
        raise ValueError("a message id is not empty and has no dot")
    moment = str(int(now.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{_digest(secret, message_id, moment, body)}",
    }


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The message id, if one of the secrets signed these bytes at most 5 minutes from now.

    The time stamp is bounded both ways, so that a stolen future stamp cannot be kept for later.
    Raises `SignatureInvalid`, and nothing else, for any malformed input.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id = given.get("webhook-id", "")
    moment = given.get("webhook-timestamp", "")
    if not message_id or "." in message_id:
        raise SignatureInvalid(fault="id")
    _check_moment(moment, now)
    offered = _offered(given.get("webhook-signature", ""))
    expected = [_digest(secret, message_id, moment, body) for secret in secrets]
    # Every pair is compared, so that time tells nothing about which secret came near.
    matches = [hmac.compare_digest(mine, theirs) for mine in expected for theirs in offered]
    if not any(matches):
        raise SignatureInvalid(fault="signature")
    return message_id


def _check_moment(moment: str, now: datetime) -> None:
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12):
        raise SignatureInvalid(fault="timestamp")
    if abs(now.astimezone(UTC).timestamp() - int(moment)) > TOLERANCE_SECONDS:
        raise SignatureInvalid(fault="time")


def _offered(header: str) -> list[str]:
    if len(header) > _LONGEST_HEADER or not header.isascii():
        raise SignatureInvalid(fault="header")
    return [part[3:] for part in header.split(" ") if part.startswith("v1,")]


def _digest(secret: str, message_id: str, moment: str, body: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("a webhook secret is whsec_ and base64") from error
    if len(key) < 24:
        raise ValueError("a webhook secret has 24 to 64 bytes")
    signed = f"{message_id}.{moment}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
