"""A short mark of what somebody saw, so that a later change knows whether it is still so (optimistic concurrency)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def fingerprint(values: Mapping[str, Any]) -> str:
    """Sixteen letters that differ when any value differs; the order of names does not matter.

    Identifiers, dates and the like count by their text.
    """
    written = json.dumps(values, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()[:16]
