"""How many of each add-on a form says: the fields that `ui/_addon_fields.html` draws (APT-02)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

PREFIX = "addon-"


def read_quantities(values: Mapping[str, str]) -> dict[uuid.UUID, int]:
    """How many of each, from fields `addon-<id>`; what is no number is as if it had not been said."""
    said: dict[uuid.UUID, int] = {}
    for name, text in values.items():
        if name.startswith(PREFIX) and text.isascii() and text.isdigit() and len(text) < 3:
            try:
                said[uuid.UUID(name.removeprefix(PREFIX))] = int(text)
            except ValueError:
                continue
    return said
