"""The signed link to a visit, which booking, portal and messages all lead to (BOK-03)."""

from __future__ import annotations

import datetime as dt
import uuid

from app.kernel.tokens import TokenSigner

PURPOSE = "booking.visit"
# Long enough to look up a visit afterwards; a forwarded link does not live for ever.
AFTERWARDS = dt.timedelta(days=30)


def visit_token(
    signer: TokenSigner, visit_id: uuid.UUID, ends_at: dt.datetime, now: dt.datetime
) -> str:
    """Proves that we gave somebody this visit; readable, so it carries nothing but the identifier."""
    return signer.sign(PURPOSE, {"v": visit_id.hex}, max(ends_at, now) + AFTERWARDS - now)
