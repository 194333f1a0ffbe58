"""Free starts: the one core that lists them and accepts them.

Requirements SCH-01, SCH-02, SCH-07, BYD-01. `availability` lists; `decide` asks the same code
about one instant, so what is shown is bookable and nothing else is. Why a start is not offered is
told by `refusals.why`, from the same parts.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import TypeAlias, TypeVar
from zlib import crc32

from app.lib.intervals import Span, merge
from app.scheduling.rules import grid
from app.scheduling.rules.grid import Axis, Visit
from app.scheduling.rules.hours import Layers, Run, working_runs
from app.scheduling.rules.occupancy import (
    NOTHING,
    Busy,
    Footprints,
    Hold,
    Pool,
    Resource,
    Session,
    places_left,
    shared_resources,
    standing,
)
from app.scheduling.rules.offer import Offer
from app.scheduling.rules.walltime import Minute

Name = TypeVar("Name")


@dataclass(frozen=True, slots=True)
class Specialist:
    """One specialist's hours (least specific layer first) and taken time.

    Busy time, holds and sessions may come in any order and reach outside the range asked for.
    With `max_per_day` set, busy time must cover whole local dates. Own buffers apply where larger.
    `site` is where they work: rooms of other sites are none of theirs. `footprints` is further taken
    time, for offers that need no rows of it (`Offer.needs_rows`).
    """

    id: str
    hours: Layers
    busy: Sequence[Busy] = ()
    holds: Sequence[Hold] = ()
    sessions: Sequence[Session] = ()
    active: bool = True
    buffer_before_min: int = 0
    buffer_after_min: int = 0
    site: str = ""
    footprints: Footprints = NOTHING

    @property
    def bookable(self) -> bool:
        """Active and with a zone in every layer of hours (SPC-04)."""
        return self.active and bool(self.hours) and all(layer.tz for layer in self.hours)

    def visit(self, offer: Offer) -> Visit:
        """The offer's visit with this specialist."""
        return Visit.of(offer, self.buffer_before_min, self.buffer_after_min)

    def taken(self, now_s: int, client: str | None) -> Sequence[Busy]:
        """All that stands in the client's way: busy time, live holds, sessions."""
        taken = standing(self.busy, self.holds, now_s, client)
        return [*taken, *(session.busy() for session in self.sessions)] if self.sessions else taken


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, when: the moment now in epoch seconds and the client whose own holds are free."""

    now_s: int
    client: str | None = None


@dataclass(frozen=True, slots=True)
class Availability:
    """Free starts on one axis: for any of the specialists together and for each of them."""

    axis: Axis
    free: Mapping[str, bytes | bytearray] = field(default_factory=dict)

    def starts(self) -> list[Minute]:
        """Every instant at which at least one specialist is free, in order."""
        return self.axis.starts(grid.either(self.free.values(), self.axis.size))

    def crews(self, names: Sequence[Name]) -> Iterator[tuple[Minute, tuple[Name, ...]]]:
        """What `starts` gives, each with what `free_at` gives for it; `names` stand for the specialists in order."""
        union = grid.either(self.free.values(), self.axis.size)
        patterns = zip(*(compress(cells, union) for cells in self.free.values()), strict=True)
        for start, pattern in zip(compress(self.axis.minutes(), union), patterns, strict=True):
            yield start, tuple(compress(names, pattern))

    def mark(self) -> int:
        """A number that changes with who is free when; alike in every process."""
        found = crc32(repr(self.axis).encode())
        for id_, cells in self.free.items():
            found = crc32(cells, crc32(id_.encode(), found))
        return found

    def starts_of(self, specialist_id: str) -> list[Minute]:
        """Every instant at which that specialist is free, in order."""
        return self.axis.starts(self.free.get(specialist_id, b""))

    def free_at(self, start: Minute) -> tuple[str, ...]:
        """Specialists free at that instant, in the order they were given."""
        place = self.axis.place(start)
        if place is None:
            return ()
        return tuple(id_ for id_, cells in self.free.items() if cells[place])


def availability(
    offer: Offer,
    specialists: Sequence[Specialist],
    span: Span,
    asking: Asking,
    pools: Sequence[Pool] = (),
) -> Availability:
    """Every free start in [span start, span end), in minutes.

    A start is free for a specialist when all of the offer's rules hold for them and each pool has
    a resource free for the visit's whole footprint. Raises ValueError when a resource stands in
    two pools, two specialists share an id, or rows are needed where only footprints are known.
    """
    refuse_ambiguity(specialists, pools)
    if offer.needs_rows and any(one.footprints is not NOTHING for one in specialists):
        raise ValueError("this offer's rules need rows of taken time, not footprints")
    bookable = [specialist for specialist in specialists if specialist.bookable]
    keys = [_layout_key(offer, person) for person in bookable]
    layouts = _layouts(offer, bookable, keys, span)
    points = [starts.start for layout in layouts.values() for starts in layout]
    points += [at for person in bookable for at in _joinable(offer, person, span)]
    axis = Axis.meeting(points, offer.step_min, span[1])
    open_ = {key: grid.marked(axis, layout) for key, layout in layouts.items()}
    if pools:
        for key, cells in open_.items():
            for pool in pools:
                there = pool.at(key[2])
                open_[key] = cells = grid.both(cells, pool_starts(axis, key[1], there, asking))
    free = {
        person.id: _free(axis, open_[key], offer, person, span, asking)
        for key, person in zip(keys, bookable, strict=True)
    }
    return Availability(axis, free)


def _free(
    axis: Axis, open_: bytearray, offer: Offer, person: Specialist, span: Span, asking: Asking
) -> bytearray:
    """One specialist's map: what is open, less what is taken, plus classes to join, in reach."""
    cells = bytearray(open_)
    taken = person.taken(asking.now_s, asking.client)
    visit = person.visit(offer)
    grid.block(axis, cells, visit, taken)
    grid.block_footprints(axis, cells, visit, person.footprints)
    _limit_days(axis, cells, offer, person, span)
    for at in _joinable(offer, person, span):
        cells[axis.at_or_after(at)] = 1
    _limit_reach(axis, cells, offer, person, asking.now_s)
    return cells


def decide(
    offer: Offer,
    specialists: Sequence[Specialist],
    start: Minute,
    asking: Asking,
    pools: Sequence[Pool] = (),
) -> tuple[str, ...]:
    """Specialists with whom a visit may start at that instant; none means it is refused.

    It is the listing, asked for one minute (BYD-01).
    """
    return availability(offer, specialists, (start, start + 1), asking, pools).free_at(start)


def runs_for(offer: Offer, person: Specialist, span: Span) -> list[Run]:
    """The specialist's working time that a visit starting in the span could need."""
    visit = person.visit(offer)
    return working_runs(person.hours, span[0], span[1] + visit.duration + visit.after)


_LayoutKey: TypeAlias = tuple[tuple[Hashable, ...], Visit, str]


def _layout_key(offer: Offer, person: Specialist) -> _LayoutKey:
    return tuple(layer.key() for layer in person.hours), person.visit(offer), person.site


def _layouts(
    offer: Offer, people: Iterable[Specialist], keys: Iterable[_LayoutKey], span: Span
) -> dict[_LayoutKey, list[range]]:
    """Grids by hours and visit: specialists with equal hours share the work."""
    layouts: dict[_LayoutKey, list[range]] = {}
    for key, person in zip(keys, people, strict=True):
        if key not in layouts:
            runs = runs_for(offer, person, span)
            layouts[key] = grid.stretches(runs, key[1], offer, span)
    return layouts


def pool_starts(axis: Axis, visit: Visit, pool: Pool, asking: Asking) -> bytes:
    """Starts at which the pool has a resource free for the whole footprint."""
    maps = (_resource_starts(axis, visit, resource, asking) for resource in pool.resources)
    return grid.either(maps, axis.size)


def _resource_starts(axis: Axis, visit: Visit, resource: Resource, asking: Asking) -> bytearray:
    visit = visit._replace(rest=0)  # a room needs no rest, only its buffers
    if resource.open_spans is None:
        cells = bytearray(b"\x01") * axis.size
    else:
        cells = bytearray(axis.size)
        for start, end in merge(resource.open_spans):
            low = axis.at_or_after(start + visit.before)
            high = axis.at_or_after(end - visit.duration - visit.after + 1)
            cells[low:high] = b"\x01" * max(0, high - low)
    taken = standing(resource.busy, resource.holds, asking.now_s, asking.client)
    grid.block(axis, cells, visit, taken)
    grid.block_footprints(axis, cells, visit, resource.footprints)
    return cells


def _joinable(offer: Offer, person: Specialist, span: Span) -> list[Minute]:
    """Starts of existing classes in the span that still have a place."""
    if offer.capacity < 2:
        return []
    return [
        session.start
        for session in person.sessions
        if span[0] <= session.start < span[1] and places_left(offer.capacity, session)
    ]


def _limit_days(axis: Axis, cells: bytearray, offer: Offer, person: Specialist, span: Span) -> None:
    if offer.max_per_day is None:
        return
    if offer.max_per_day == 0:
        grid.clear(cells, 0, axis.size)
        return
    tz = person.hours[0].tz
    grid.clear_days(axis, cells, tz, full_days(offer.max_per_day, person, span))


def full_days(max_per_day: int, person: Specialist, span: Span) -> list[int]:
    """Local dates meeting the span on which the specialist has that many live visits; a class counts once."""
    sessions = [session.busy() for session in person.sessions]
    return grid.full_days(person.hours[0].tz, [*person.busy, *sessions], max_per_day, span)


def _limit_reach(
    axis: Axis, cells: bytearray, offer: Offer, person: Specialist, now_s: int
) -> None:
    grid.clear(cells, 0, axis.at_or_after(offer.earliest(now_s)))
    stop = offer.too_late_from(person.hours[0].tz, now_s)
    if stop is not None:
        grid.clear(cells, axis.at_or_after(stop), axis.size)


def refuse_ambiguity(specialists: Sequence[Specialist], pools: Sequence[Pool]) -> None:
    """Raises ValueError for a resource in two pools or two specialists of one id."""
    if pools and (shared := shared_resources(pools)):
        raise ValueError(f"resources in more than one pool: {sorted(shared)}")
    if len({specialist.id for specialist in specialists}) < len(specialists):
        raise ValueError("two specialists share an id")
