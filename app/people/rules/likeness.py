"""When two cards may be one person (BYD-09): signs that speak for it and against it, each with its weight."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from app.lib.text import fold

WORTH_A_LOOK = 60
"""From this score on two cards are shown side by side. One sign alone never reaches it: families share telephones."""
FOR_SURE = 100

SAME_NAME, CLOSE_NAME = "same_name", "close_name"
SAME_PHONE, SAME_EMAIL = "same_phone", "same_email"
SAME_BIRTH, OTHER_BIRTH = "same_birth_date", "other_birth_date"
WEIGHTS = {
    SAME_NAME: 50,
    CLOSE_NAME: 30,
    SAME_PHONE: 35,
    SAME_EMAIL: 35,
    SAME_BIRTH: 40,
    OTHER_BIRTH: -60,
}
_CLOSE = 0.55
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Traits:
    """What of a card is compared."""

    name: str
    phone: str | None = None
    email: str | None = None
    birth_date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two cards are: the sum of weights, and the codes of the signs, weightiest first."""

    score: int
    signs: tuple[str, ...]

    @property
    def worth_a_look(self) -> bool:
        return self.score >= WORTH_A_LOOK


def likeness(one: Traits, other: Traits) -> Likeness:
    """Compare two cards; the same in both directions.

    Names that have nothing in common end it: a mother and her child share phone and e-mail.
    """
    named = name_sign(one.name, other.name)
    if named is None:
        return Likeness(0, ())
    signs = [named]
    if one.phone and one.phone == other.phone:
        signs.append(SAME_PHONE)
    if one.email and one.email == other.email:
        signs.append(SAME_EMAIL)
    if one.birth_date and other.birth_date:
        signs.append(SAME_BIRTH if one.birth_date == other.birth_date else OTHER_BIRTH)
    signs.sort(key=lambda sign: -WEIGHTS[sign])
    return Likeness(sum(WEIGHTS[sign] for sign in signs), tuple(signs))


def name_sign(one: str, other: str) -> str | None:
    """Whether two names are the same whatever their order, accents and hyphens, or close, or neither (None).

    Close is a word more or less ("Ana Pop" and "Ana Maria Pop"), or a slip of the keys: the words share a word, and
    what is left shares most of its trigrams. Two children of one family share a surname and are not close.
    """
    mine, theirs = name_words(one), name_words(other)
    if not mine or not theirs:
        return None
    if mine == theirs:
        return SAME_NAME
    if min(len(mine), len(theirs)) > 1 and (mine < theirs or theirs < mine):
        return CLOSE_NAME
    return CLOSE_NAME if _a_slip(mine, theirs) else None


@lru_cache(4096)
def name_words(name: str) -> frozenset[str]:
    """The words of a name without accents, case, hyphens and order."""
    return frozenset(_WORDS.findall(fold(name)))


def _a_slip(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """One word differs on each side, and only by a letter or so."""
    left, right = mine - theirs, theirs - mine
    if len(left) != 1 or len(right) != 1:
        return False
    one, other = next(iter(left)), next(iter(right))
    return _within_one_edit(one, other) or similarity(one, other) >= _CLOSE


def similarity(one: str, other: str) -> float:
    """Shared trigrams by all trigrams, 0 to 1 (the measure of PostgreSQL's pg_trgm)."""
    mine, theirs = _trigrams(one), _trigrams(other)
    return len(mine & theirs) / len(mine | theirs)


def _trigrams(word: str) -> frozenset[str]:
    padded = f"  {word} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))


def _within_one_edit(one: str, other: str) -> bool:
    """One letter changed, missing or too many, or two neighbours swapped; short words say too little."""
    if min(len(one), len(other)) < 4 or abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None:
        return True
    rest, others = one[start:], other[start:]
    swapped = rest[:2] == others[1::-1] and rest[2:] == others[2:]
    return swapped or rest[1:] == others[1:] or rest[1:] == others or rest == others[1:]
