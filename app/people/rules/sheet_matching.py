"""Which row of a file is somebody who is known already, or stands in the file twice (BYD-09).

Namesakes are many in a list of thousands, so the same name alone says nothing where phone, e-mail or date of birth
contradict it; where there is nothing to compare, somebody has to decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from app.people.rules.likeness import (
    FOR_SURE,
    SAME_NAME,
    Likeness,
    Traits,
    likeness,
    name_words,
)

MOST_COMPARED = 50
"""Cards with a sign in common that one row is compared with: a file of one phone must not cost a square."""
K = TypeVar("K")


def same_person(one: Traits, other: Traits) -> Likeness | None:
    """How alike two are where they may be one person, else None."""
    found = likeness(one, other)
    if found.worth_a_look:
        return found
    return found if found.signs == (SAME_NAME,) and not _contradict(one, other) else None


def _contradict(one: Traits, other: Traits) -> bool:
    """Whether both have a phone, or an e-mail, and not the same; other dates of birth are a sign of their own."""
    pairs = ((one.phone, other.phone), (one.email, other.email))
    return any(mine and theirs and mine != theirs for mine, theirs in pairs)


@dataclass
class Known(Generic[K]):
    """People by the signs that they are found by; `K` names each of them."""

    _by_sign: dict[object, list[tuple[K, Traits]]] = field(default_factory=dict)

    def add(self, key: K, traits: Traits) -> None:
        """Remember somebody."""
        for sign in _signs(traits):
            bucket = self._by_sign.setdefault(sign, [])
            if len(bucket) < MOST_COMPARED:
                bucket.append((key, traits))

    def best(self, traits: Traits) -> tuple[K, Likeness] | None:
        """Who this most probably is, and why; the one remembered first among equals."""
        best: tuple[K, Likeness] | None = None
        seen: set[K] = set()
        for sign in _signs(traits):
            for key, other in self._by_sign.get(sign, ()):
                if key in seen:
                    continue
                seen.add(key)
                found = same_person(traits, other)
                if found is not None and (best is None or found.score > best[1].score):
                    best = (key, found)
            if best is not None and best[1].score >= FOR_SURE:
                break
        return best


def _signs(traits: Traits) -> Iterator[object]:
    words = name_words(traits.name)
    if words:
        yield words
    if traits.phone:
        yield traits.phone
    if traits.email:
        yield traits.email
    if traits.birth_date:
        yield traits.birth_date
