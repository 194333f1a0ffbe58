"""What each specialist has had of a calendar's visits, counted fairly (SCH-03).

Load is minutes, not heads. A visit cancelled in time gives the turn back; a no-show or a late
cancellation does not. Whoever was away, or has just joined, is credited with what the others had
meanwhile in proportion to their own capacity, so that nobody is flooded on return.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from app.lib.intervals import Span, intersect
from app.scheduling.rules.walltime import Minute


class Outcome(Enum):
    """What became of a turn."""

    STANDS = "stands"  # booked, done, in progress
    CANCELLED_IN_TIME = "cancelled_in_time"
    CANCELLED_LATE = "cancelled_late"
    NO_SHOW = "no_show"


@dataclass(frozen=True, slots=True)
class Turn:
    """One visit that the calendar gave to a specialist: when it was given, and its length."""

    specialist_id: str
    given_at: Minute
    minutes: int
    outcome: Outcome = Outcome.STANDS


@dataclass(frozen=True, slots=True)
class Member:
    """One specialist of a calendar.

    `capacity_min` is weekly working minutes for this calendar (part-time staff have fewer);
    `absent` are stretches of the period in which no turn could fall to them, the time before they
    joined included.
    """

    id: str
    capacity_min: int
    priority: int = 0
    absent: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's share so far: minutes had, minutes credited, when the last turn was given."""

    id: str
    capacity_min: int
    priority: int
    had_min: int
    credit_min: float
    last_given: Minute | None

    @property
    def load_min(self) -> float:
        """Minutes had and credited."""
        return self.had_min + self.credit_min


def shortfalls(standings: Sequence[Standing]) -> dict[str, float]:
    """Minutes each member lacks to a share of the whole load in proportion to capacity."""
    load = sum(standing.load_min for standing in standings)
    capacity = sum(standing.capacity_min for standing in standings) or 1
    return {
        standing.id: round(load * standing.capacity_min / capacity - standing.load_min, 6)
        for standing in standings
    }


def counts(turn: Turn) -> bool:
    """Whether the turn is used up."""
    return turn.outcome is not Outcome.CANCELLED_IN_TIME


def standings(members: Sequence[Member], turns: Iterable[Turn], period: Span) -> list[Standing]:
    """Each member's share in the period [start, now), in the order given."""
    used = sorted(
        (turn for turn in turns if counts(turn) and period[0] <= turn.given_at < period[1]),
        key=_given,
    )
    edges = sorted({edge for member in members for span in member.absent for edge in span})
    own: dict[str, list[Turn]] = defaultdict(list)
    for turn in used:
        own[turn.specialist_id].append(turn)
    return [
        Standing(
            member.id,
            member.capacity_min,
            member.priority,
            sum(turn.minutes for turn in own[member.id]),
            _credit(member, members, used, edges, period),
            own[member.id][-1].given_at if own[member.id] else None,
        )
        for member in members
    ]


def _given(turn: Turn) -> Minute:
    return turn.given_at


def _credit(
    member: Member,
    members: Sequence[Member],
    used: Sequence[Turn],
    edges: Sequence[Minute],
    period: Span,
) -> float:
    """Fictitious minutes for time away: what present colleagues had, each per capacity. `used` and `edges` in order."""
    credit = 0.0
    for start, end in _pieces(intersect(member.absent, [period]), edges):
        first, last = (bisect_left(used, edge, key=_given) for edge in (start, end))
        if first == last:
            continue
        present = {
            other.id: other.capacity_min
            for other in members
            if other.id != member.id and not intersect(other.absent, [(start, end)])
        }
        had = sum(turn.minutes for turn in used[first:last] if turn.specialist_id in present)
        capacity = sum(present.values())
        credit += member.capacity_min * had / capacity if capacity > 0 else 0.0
    return credit


def _pieces(away: Sequence[Span], edges: Sequence[Minute]) -> list[Span]:
    """The absence cut where a colleague leaves or returns."""
    pieces: list[Span] = []
    for start, end in away:
        inside = edges[bisect_right(edges, start) : bisect_left(edges, end)]
        pieces += pairwise([start, *inside, end])
    return pieces
