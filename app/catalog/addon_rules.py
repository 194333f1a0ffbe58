"""What can be added to a visit, as plain values: which choices can be, and what they come to in money and minutes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MOST, LONGEST_MIN, STEP_MIN = 10, 240, 5


@dataclass(frozen=True, slots=True)
class Addon:
    """Something that can be added; price in minor units and minutes are of one."""

    id: uuid.UUID
    names: dict[str, Any]
    price_minor: int
    extra_min: int
    most: int
    online: bool = True


@dataclass(frozen=True, slots=True)
class Chosen:
    """So many of an add-on."""

    addon: Addon
    quantity: int

    @property
    def price_minor(self) -> int:
        return self.quantity * self.addon.price_minor

    @property
    def extra_min(self) -> int:
        return self.quantity * self.addon.extra_min


def choose(offered: Iterable[Addon], wanted: Mapping[uuid.UUID, int]) -> tuple[Chosen, ...]:
    """What of the wish can be, in the order offered: what is not offered is left out, too many become the most."""
    return tuple(
        Chosen(one, min(wanted[one.id], one.most)) for one in offered if wanted.get(one.id, 0) > 0
    )


def price_of(chosen: Iterable[Chosen]) -> int:
    """What they cost together, in minor units."""
    return sum(one.price_minor for one in chosen)


def minutes_of(chosen: Iterable[Chosen]) -> int:
    """How much longer a visit lasts with them."""
    return sum(one.extra_min for one in chosen)


def tokens(chosen: Iterable[Chosen]) -> str:
    """The choice as an address carries it: `id.quantity`, with commas."""
    return ",".join(f"{one.addon.id.hex}.{one.quantity}" for one in chosen)


def read_tokens(text: str) -> dict[uuid.UUID, int]:
    """A choice from an address; what is malformed is as if it had not been said."""
    wanted: dict[uuid.UUID, int] = {}
    for part in text[:1000].split(","):
        name, _, count = part.partition(".")
        if len(name) == 32 and count.isascii() and count.isdigit() and len(count) < 3:
            try:
                wanted[uuid.UUID(hex=name)] = int(count)
            except ValueError:
                continue
    return wanted
