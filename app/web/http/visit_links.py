"""The short link to a visit, which booking, portal and messages all lead to (BOK-03)."""

from __future__ import annotations

import datetime as dt
import uuid

from app.kernel.opaque_ids import OpaqueIds
from config import Settings

PURPOSE = "booking.visit"
# Long enough to look up a visit afterwards; a forwarded link does not live for ever.
AFTERWARDS = dt.timedelta(days=30)


def visit_token(settings: Settings, visit_id: uuid.UUID) -> str:
    """What the address of a visit ends with: short enough for a text message, and nobody guesses it."""
    return OpaqueIds(settings.secret_key, PURPOSE).write(visit_id)


def visit_meant(settings: Settings, token: str) -> uuid.UUID:
    """The visit that an address may mean. Raises TokenForged for what is no token at all."""
    return OpaqueIds(settings.secret_key, PURPOSE).read(token)
