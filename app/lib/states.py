"""A state machine as one table: which verb leads from which state to which, and for whom (APT-05).

The table is pure. Whoever owns the rows checks here first, then updates demanding the old state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from app.lib.errors import Conflict, Refused


class IllegalMove(Conflict):
    """No arrow with that verb leaves the present state."""

    code = "illegal_move"


class MoveForbidden(Refused):
    """The arrow exists, but none of the actor's roles may walk it."""

    code = "move_forbidden"


@dataclass(frozen=True, slots=True)
class Arrow:
    """One permitted move. An empty `roles` means that only the system itself makes it."""

    source: str
    verb: str
    target: str
    roles: frozenset[str]


@dataclass(frozen=True)
class Machine:
    """A named transition table: `{(source, verb): (target, roles)}`.

    `start` is the state of a new row. Every state must be reachable from it, or the table is
    refused when it is built, which is at import.
    """

    name: str
    start: str
    transitions: Mapping[tuple[str, str], tuple[str, Collection[str]]]
    states: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "states", frozenset(_states(self.start, self.transitions)))
        if unreachable := self.states - self._reachable():
            raise ValueError(f"{self.name}: unreachable states {sorted(unreachable)}")

    def arrows(self) -> Iterator[Arrow]:
        """Every permitted move, in the order of the table."""
        for (source, verb), (target, roles) in self.transitions.items():
            yield Arrow(source, verb, target, frozenset(roles))

    def arrow(self, state: str, verb: str) -> Arrow:
        """The move, whoever makes it. Raises `IllegalMove`."""
        found = self.transitions.get((state, verb))
        if found is None:
            raise IllegalMove(machine=self.name, state=state, verb=verb)
        return Arrow(state, verb, found[0], frozenset(found[1]))

    def check(self, state: str, verb: str, roles: Collection[str]) -> Arrow:
        """The move for an actor with these roles. Raises `IllegalMove` or `MoveForbidden`."""
        arrow = self.arrow(state, verb)
        if arrow.roles.isdisjoint(roles):
            raise MoveForbidden(machine=self.name, state=state, verb=verb)
        return arrow

    def move(self, state: str, verb: str, roles: Collection[str]) -> str:
        """The state after the move. Raises `IllegalMove` or `MoveForbidden`."""
        return self.check(state, verb, roles).target

    def verbs(self, state: str, roles: Collection[str]) -> list[str]:
        """What an actor with these roles may do now, in the order of the table."""
        return [
            arrow.verb
            for arrow in self.arrows()
            if arrow.source == state and not arrow.roles.isdisjoint(roles)
        ]

    def final_states(self) -> frozenset[str]:
        """States that no arrow leaves."""
        return self.states - {source for source, _ in self.transitions}

    def _reachable(self) -> set[str]:
        seen, waiting = {self.start}, [self.start]
        while waiting:
            state = waiting.pop()
            targets = {arrow.target for arrow in self.arrows() if arrow.source == state}
            waiting.extend(targets - seen)
            seen |= targets
        return seen


def _states(
    start: str, transitions: Mapping[tuple[str, str], tuple[str, Collection[str]]]
) -> Iterator[str]:
    yield start
    for (source, _), (target, _) in transitions.items():
        yield source
        yield target
