"""Reading what guests type."""

from __future__ import annotations

from typing import Any

from app.lib.text import clean_block


def lines(value: Any) -> Any:
    """Text of several lines without control characters."""
    return clean_block(value) if isinstance(value, str) else value
