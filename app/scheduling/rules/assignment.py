"""Who takes the visit, and why (SCH-03, BYD-03).

The patient's own wish comes first, then continuity, then the calendar's strategy; every decision
carries the candidates and their figures, to be stored as the answer to "why this specialist".
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import groupby, islice
from typing import TypedDict

from app.scheduling.rules.availability import Availability
from app.scheduling.rules.fairness import Standing, shortfalls
from app.scheduling.rules.walltime import DAY, Minute


class Strategy(StrEnum):
    """How a calendar shares its visits out."""

    ROUND_ROBIN = "round_robin"  # largest shortfall, then priority, longest waiting
    PRIORITY = "priority"  # highest priority, then longest waiting
    PATIENT_CHOICE = "patient_choice"  # whoever was chosen; without a wish as ROUND_ROBIN


class Why(StrEnum):
    """What decided."""

    CHOSEN_BY_PATIENT = "chosen_by_patient"
    CONTINUITY = "continuity"
    ONLY_ONE_FREE = "only_one_free"
    LARGEST_SHORTFALL = "largest_shortfall"
    PRIORITY = "priority"
    LONGEST_WAITING = "longest_waiting"
    TIE = "tie"


class NobodyFree(LookupError):
    """No candidate is free, or not the one the patient wants."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line of a decision: whether free, and the figures that were compared."""

    id: str
    free: bool
    shortfall_min: float
    had_min: int
    credit_min: float
    capacity_min: int
    priority: int
    last_given: Minute | None


class Record(TypedDict):
    """A decision as plain data for storing."""

    chosen: str
    why: str
    strategy: str
    candidates: list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Decision:
    """The chosen specialist, what decided, and every candidate's figures at that moment."""

    chosen: str
    why: Why
    strategy: Strategy
    candidates: tuple[Candidate, ...]

    def record(self) -> Record:
        """JSON-ready."""
        return Record(
            chosen=self.chosen,
            why=self.why.value,
            strategy=self.strategy.value,
            candidates=[asdict(candidate) for candidate in self.candidates],
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """What the patient brings: a chosen specialist, or the usual one for continuity."""

    chosen: str | None = None
    usual: str | None = None


NO_WISH = Wish()


def assign(
    strategy: Strategy,
    standings: Sequence[Standing],
    free: Collection[str],
    key: str,
    wish: Wish = NO_WISH,
) -> Decision:
    """Choose among the free specialists of the calendar.

    `free` comes from `Availability.free_at` or `decide`; `key` names the visit (calendar and
    start will do) and settles full ties the same way each time, whatever the order of rows.
    Raises NobodyFree.
    """
    lacking = shortfalls(standings)
    candidates = tuple(_candidate(one, lacking[one.id], free) for one in standings)
    able = [candidate for candidate in candidates if candidate.free]
    if wish.chosen is not None:
        able = [candidate for candidate in able if candidate.id == wish.chosen]
    if not able:
        raise NobodyFree("the chosen specialist is not free" if wish.chosen else "nobody is free")
    chosen, why = _pick(strategy, able, key, wish)
    return Decision(chosen, why, strategy, candidates)


def _pick(strategy: Strategy, able: list[Candidate], key: str, wish: Wish) -> tuple[str, Why]:
    if wish.chosen is not None:
        return wish.chosen, Why.CHOSEN_BY_PATIENT
    if any(candidate.id == wish.usual for candidate in able):
        return str(wish.usual), Why.CONTINUITY
    if len(able) == 1:
        return able[0].id, Why.ONLY_ONE_FREE
    for why in _order(strategy):
        best = min(_figure(why, candidate) for candidate in able)
        able = [candidate for candidate in able if _figure(why, candidate) == best]
        if len(able) == 1:
            return able[0].id, why
    return min(able, key=lambda candidate: _hash(key, candidate.id)).id, Why.TIE


def _order(strategy: Strategy) -> tuple[Why, ...]:
    if strategy is Strategy.PRIORITY:
        return Why.PRIORITY, Why.LONGEST_WAITING
    return Why.LARGEST_SHORTFALL, Why.PRIORITY, Why.LONGEST_WAITING


def _figure(why: Why, candidate: Candidate) -> float:
    """The figure of which the least wins."""
    if why is Why.LARGEST_SHORTFALL:
        return -candidate.shortfall_min
    if why is Why.PRIORITY:
        return -candidate.priority
    return float("-inf") if candidate.last_given is None else candidate.last_given


def _hash(key: str, specialist_id: str) -> bytes:
    return hashlib.sha256(f"{key}\0{specialist_id}".encode()).digest()


def _candidate(standing: Standing, shortfall_min: float, free: Collection[str]) -> Candidate:
    return Candidate(
        standing.id,
        standing.id in free,
        shortfall_min,
        standing.had_min,
        round(standing.credit_min, 6),
        standing.capacity_min,
        standing.priority,
        standing.last_given,
    )


@dataclass(frozen=True, slots=True)
class Ranking:
    """Whom `assign` would choose of the free, whom of the rest, and so on: worked out once for many starts."""

    order: tuple[Why, ...]
    figures: Mapping[str, tuple[float, ...]]

    @classmethod
    def of(cls, strategy: Strategy, standings: Sequence[Standing]) -> Ranking:
        """The ranking of a calendar's specialists as they stand."""
        order, lacking = _order(strategy), shortfalls(standings)
        known = [_candidate(one, lacking[one.id], ()) for one in standings]
        return cls(order, {one.id: tuple(_figure(why, one) for why in order) for one in known})

    def first(self, free: Collection[str], key: str, count: int) -> list[tuple[str, Why]]:
        """The best `count` of the free, each with what decided; `key` as in `assign`."""
        ranked = self._ranked(free, key)
        behind = [*ranked[1:], None]
        pairs = islice(zip(ranked, behind, strict=True), count)
        return [(one, self._why(one, after)) for one, after in pairs]

    def _ranked(self, free: Collection[str], key: str) -> list[str]:
        ranked: list[str] = []
        for _, some in groupby(sorted(free, key=self.figures.__getitem__), self.figures.get):
            tied = list(some)
            ranked += tied if len(tied) == 1 else sorted(tied, key=lambda one: _hash(key, one))
        return ranked

    def _why(self, one: str, after: str | None) -> Why:
        if after is None:
            return Why.ONLY_ONE_FREE
        pairs = zip(self.order, self.figures[one], self.figures[after], strict=True)
        return next((why for why, mine, theirs in pairs if mine != theirs), Why.TIE)


def continuity_starts(
    found: Availability, usual: str, since: Minute, within_days: int
) -> list[Minute]:
    """The usual specialist's free starts in [since, since + days): to be offered first.

    Empty when they are not free soon; then the calendar's strategy shares the visit out.
    """
    until = since + within_days * DAY
    return [start for start in found.starts_of(usual) if since <= start < until]
