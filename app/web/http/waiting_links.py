"""The short links of the waiting list: to one's place on it, and to an offered time (SCH-08, BYD-04)."""

from __future__ import annotations

import uuid

from app.kernel.opaque_ids import OpaqueIds
from app.kernel.tokens import TokenForged
from app.lib.errors import NotFound
from config import Settings

ENTRY, OFFER = "waiting.entry", "waiting.offer"


def waiting_token(settings: Settings, purpose: str, identifier: uuid.UUID) -> str:
    """What the address ends with: short enough for a text message, and nobody guesses it."""
    return OpaqueIds(settings.secret_key, purpose).write(identifier)


def waiting_meant(settings: Settings, purpose: str, token: str) -> uuid.UUID:
    """The row that an address may mean. Raises NotFound for what is no token at all."""
    try:
        return OpaqueIds(settings.secret_key, purpose).read(token)
    except TokenForged:
        raise NotFound("link_unknown") from None
