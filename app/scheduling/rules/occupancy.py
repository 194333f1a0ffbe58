"""Taken time: visits, leave and outside entries, holds, class sessions.

A footprint is [start - before, end + after): the time that nothing else may touch. All instants
are minutes (see walltime); only the moment now and a hold's expiry are epoch seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from operator import sub
from typing import NamedTuple

from app.lib.intervals import Span
from app.scheduling.rules.walltime import Minute

VISIT = "visit"
HOLD = "hold"
SESSION = "session"
FREEING_STATUSES = frozenset({"cancelled", "rejected"})


class Busy(NamedTuple):
    """One taken stretch. Any tuple of this order will do, so database rows need no wrapping.

    `kind` is VISIT for what counts as a booking (daily limit, rest between visits); leave, room
    closures and outside calendars carry any other word. `ref` names it in explanations.
    """

    start: Minute
    end: Minute
    before: int = 0
    after: int = 0
    kind: str = VISIT
    ref: str = ""


class Hold(NamedTuple):
    """Time kept for one client while a form or a payment is open (SCH-04); `group` names the class of a kept place."""

    start: Minute
    end: Minute
    before: int = 0
    after: int = 0
    expires_s: int | None = None
    owner: str = ""
    ref: str = ""
    group: str = ""

    def blocks(self, now_s: int, client: str | None) -> bool:
        """Whether it stands in this client's way: not expired, and not the client's own."""
        if client is not None and self.owner == client:
            return False
        return self.expires_s is None or self.expires_s > now_s

    def busy(self) -> Busy:
        """The hold as taken time."""
        return Busy(self.start, self.end, self.before, self.after, HOLD, self.ref)


class Session(NamedTuple):
    """A group class that exists already: others join at its start until its places are gone."""

    start: Minute
    end: Minute
    before: int = 0
    after: int = 0
    taken: int = 0
    held: int = 0
    ref: str = ""

    def busy(self) -> Busy:
        """The session as taken time for everything but joining it."""
        return Busy(self.start, self.end, self.before, self.after, SESSION, self.ref)


@dataclass(frozen=True, slots=True)
class Footprints:
    """Taken time of which nothing but the footprints is known, in order of their starts: a third of the rows' cost.

    Enough for listing starts; rest between visits, daily limits and explanations need rows (`needs_rows`).
    `longest` is the length of the longest one, in minutes.
    """

    starts: Sequence[Minute] = ()
    ends: Sequence[Minute] = ()
    longest: int = 0

    @classmethod
    def of(cls, starts: Sequence[Minute], ends: Sequence[Minute]) -> Footprints:
        """From starts in order, and the ends that belong to them."""
        return cls(starts, ends, max(map(sub, ends, starts), default=0))


NOTHING = Footprints()


@dataclass(frozen=True, slots=True)
class Resource:
    """A room or a device; `open_spans` limits when it can be used (None: always), `site` who ("": anybody).

    `name` is what explanations call it; without one, its id.
    """

    id: str
    busy: Sequence[Busy] = ()
    holds: Sequence[Hold] = ()
    open_spans: Sequence[Span] | None = None
    site: str = ""
    name: str = ""
    footprints: Footprints = NOTHING


@dataclass(frozen=True, slots=True)
class Pool:
    """Resources of one kind of which a visit needs any one, for its whole footprint."""

    kind: str
    resources: tuple[Resource, ...] = field(default=())

    def at(self, site: str) -> Pool:
        """What of it can be used by somebody who works at that site; without a site, all of it."""
        there = tuple(one for one in self.resources if site in ("", one.site) or not one.site)
        return Pool(self.kind, there)


def blocks(status: str | None) -> bool:
    """Whether an entry of that status takes time; only cancelled and rejected ones do not."""
    return status is None or status.lower() not in FREEING_STATUSES


def footprint(entry: Busy) -> Span:
    """What the entry takes, buffers included."""
    return entry[0] - entry[2], entry[1] + entry[3]


def standing(
    busy: Sequence[Busy], holds: Iterable[Hold], now_s: int, client: str | None
) -> Sequence[Busy]:
    """Taken time together with the holds that stand in the client's way."""
    held = [hold.busy() for hold in holds if hold.blocks(now_s, client)]
    return [*busy, *held] if held else busy


def places_left(capacity: int, session: Session) -> int:
    """Places still free in a class; never below zero when the capacity was lowered later."""
    return max(0, capacity - session.taken - session.held)


def shared_resources(pools: Collection[Pool]) -> set[str]:
    """Ids that stand in two pools at once."""
    ids = [resource.id for pool in pools for resource in pool.resources]
    return {id_ for id_ in ids if ids.count(id_) > 1}
