"""Secrets inside a message that waits: sealed while it is queued, forgotten once it has left.

A one-time link is kept as a digest by identity; the delivery row must not become the place where it can be read.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from typing import Any

from app.kernel import crypto

KEY = "sealed"


def seal(delivery_id: uuid.UUID, secrets: Mapping[str, str]) -> dict[str, str]:
    """The same names with sealed values, bound to this delivery."""
    place = crypto.context_of("deliveries", "context", delivery_id)
    return {
        name: base64.b64encode(crypto.ring().encrypt(value, place)).decode()
        for name, value in secrets.items()
    }


def opened(delivery_id: uuid.UUID, context: Mapping[str, Any]) -> dict[str, Any]:
    """The context of a message with its secrets readable, for rendering."""
    place = crypto.context_of("deliveries", "context", delivery_id)
    plain = {name: value for name, value in context.items() if name != KEY}
    for name, value in context.get(KEY, {}).items():
        plain[name] = crypto.ring().decrypt(base64.b64decode(value), place)
    return plain


def forgotten(context: Mapping[str, Any]) -> dict[str, Any]:
    """The context without its secrets."""
    return {name: value for name, value in context.items() if name != KEY}
