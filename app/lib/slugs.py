"""Short names in addresses, made from given names: "Kinetoterapie la Ștefan" is "kinetoterapie-la-stefan"."""

from __future__ import annotations

import re
from collections.abc import Collection

from app.lib.text import fold

LONGEST = 60
SHAPE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_OTHER = re.compile(r"[^a-z0-9]+")


def slug_of(text: str, fallback: str = "x") -> str:
    """The short name of a text: letters a to z, digits and single dashes, at most 60."""
    return _OTHER.sub("-", fold(text)).strip("-")[:LONGEST].strip("-") or fallback


def free_slug(wanted: str, taken: Collection[str]) -> str:
    """The wanted short name, or the same with the first number from 2 on that is not taken."""
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"


def is_slug(text: str) -> bool:
    """Whether the text is a short name already."""
    return len(text) <= LONGEST and SHAPE.fullmatch(text) is not None
