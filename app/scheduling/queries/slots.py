"""Free slots of a calendar, whether one start is free, and why it is not: one engine for all three (BYD-01)."""

from __future__ import annotations

import datetime as dt
import uuid
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, pairwise
from operator import attrgetter
from typing import NamedTuple
from zlib import crc32
from zoneinfo import ZoneInfo

from redis import Redis
from sqlalchemy.orm import Session

from app.lib.intervals import Span
from app.scheduling.queries.asker import Asker
from app.scheduling.queries.calendars import CalendarView, Person
from app.scheduling.queries.serving import (
    MARGIN,
    joining_classes,
    meetings_of,
    pools_around,
    serving,
    specialists_of,
)
from app.scheduling.queries.spaces import pools_of
from app.scheduling.rules.availability import Availability, Specialist, availability
from app.scheduling.rules.classes import places_at
from app.scheduling.rules.occupancy import Pool
from app.scheduling.rules.offer import Offer
from app.scheduling.rules.refusals import Refusal, why_each
from app.scheduling.rules.walltime import from_datetime, to_datetime


class Slot(NamedTuple):
    """A start that can be booked, and with whom; for a class the most places left with one of them."""

    starts_at: dt.datetime
    specialist_ids: tuple[uuid.UUID, ...]
    places: int | None = None


_starts_at = attrgetter("starts_at")


@dataclass(frozen=True, slots=True)
class DaySlots:
    """The slots of one date on the page's clock."""

    day: dt.date
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class SlotPage:
    """Consecutive dates with their slots; `time_zone` is the clock they are laid out on.

    `mark` changes when a slot comes, goes or has another crew or number of places; alike in every process.
    """

    days: tuple[DaySlots, ...]
    time_zone: str
    mark: int = 0

    @property
    def empty(self) -> bool:
        return not any(day.slots for day in self.days)


def slot_page(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    asker: Asker,
    *,
    first: dt.date,
    days: int,
    time_zone: str,
    specialist_id: uuid.UUID | None = None,
    ignoring: uuid.UUID | None = None,
) -> SlotPage:
    """Free slots on `days` dates from `first`, on the clock of `time_zone`. `ignoring` is a visit being moved."""
    since, until = midnight(first, time_zone), midnight(first + dt.timedelta(days=days), time_zone)
    people = chosen(calendar.people, specialist_id)
    found = _availability(session, redis, org_id, calendar, people, asker, since, until, ignoring)
    slots = found.slots()
    dates = [first + dt.timedelta(days=offset) for offset in range(days + 1)]
    edges = [bisect_left(slots, midnight(date, time_zone), key=_starts_at) for date in dates]
    by_day = (tuple(slots[low:high]) for low, high in pairwise(edges))
    return SlotPage(tuple(map(DaySlots, dates, by_day)), time_zone, _mark(found, slots))


def _mark(found: Found, slots: Iterable[Slot]) -> int:
    if found.offer.capacity < 2:
        return found.free.mark()
    places = ",".join(str(slot.places) for slot in slots)
    return crc32(places.encode(), found.free.mark())


def free_at(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    asker: Asker,
    start: dt.datetime,
    specialist_id: uuid.UUID | None = None,
    ignoring: uuid.UUID | None = None,
) -> tuple[uuid.UUID, ...]:
    """With whom a visit may start then; empty when it may not. `ignoring` is a visit being moved."""
    people = chosen(calendar.people, specialist_id)
    minute = dt.timedelta(minutes=1)
    found = _availability(
        session, redis, org_id, calendar, people, asker, start, start + minute, ignoring
    )
    return _identifiers(found.free.free_at(from_datetime(start)))


def soonest(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendars: Sequence[CalendarView],
    asker: Asker,
    *,
    within_days: int,
) -> dict[uuid.UUID, Slot]:
    """The first free slot of each calendar that has one soon; hours and taken time are read once for all of them."""
    since, until = asker.now, asker.now + dt.timedelta(days=within_days)
    everybody = {person.id: person for calendar in calendars for person in calendar.people}
    people = specialists_of(
        session,
        redis,
        org_id,
        list(everybody.values()),
        asker.now,
        since,
        until,
        rows=any(one.offer.needs_rows for one in calendars),
    )
    by_id = {one.id: one for one in people}
    span = (from_datetime(since), from_datetime(until))
    classes = meetings_of(session, org_id, calendars, since, until)
    pools = pools_of(session, redis, org_id, calendars, asker.now, since - MARGIN, until + MARGIN)
    found: dict[uuid.UUID, Slot] = {}
    for calendar in calendars:
        there = [_serving(by_id[str(person.id)], person) for person in calendar.people]
        joined = joining_classes(calendar, there, classes, asker.client)
        free = Found.of(calendar, asker, joined, span, pools.get(calendar.id, ()))
        for slot in free.slots(1):
            found[calendar.id] = slot
    return found


def _serving(read: Specialist, person: Person) -> Specialist:
    """A specialist read for several calendars, with the hours of this one."""
    return replace(read, hours=person.layers(read.hours[0]))


@dataclass(frozen=True, slots=True)
class Found:
    """What is free, and for whom it was asked."""

    free: Availability
    offer: Offer
    people: Sequence[Specialist]

    @classmethod
    def of(
        cls,
        calendar: CalendarView,
        asker: Asker,
        people: Sequence[Specialist],
        span: Span,
        pools: Sequence[Pool] = (),
    ) -> Found:
        offer = asker.offer(calendar.offer)
        return cls(availability(offer, people, span, asker.asking, pools), offer, people)

    def slots(self, count: int | None = None) -> list[Slot]:
        """The free starts in order, at most `count`."""
        crews = islice(self.free.crews(_identifiers(tuple(self.free.free))), count)
        if self.offer.capacity < 2:
            return [Slot(to_datetime(start), able) for start, able in crews]
        return [Slot(to_datetime(start), able, self._places(start)) for start, able in crews]

    def _places(self, start: int) -> int:
        able = self.free.free_at(start)
        return places_at(self.offer, [one for one in self.people if one.id in able], start)


@lru_cache(maxsize=1024)
def _identifiers(texts: tuple[str, ...]) -> tuple[uuid.UUID, ...]:
    """The same people are asked for again and again, and reading their UUIDs costs more than finding them free."""
    return tuple(map(uuid.UUID, texts))


def reasons(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    asker: Asker,
    start: dt.datetime,
    specialist_id: uuid.UUID | None = None,
    ignoring: uuid.UUID | None = None,
) -> dict[str, tuple[Refusal, ...]]:
    """Why each specialist cannot take the start; who can is left out. `ignoring` is a visit being moved."""
    people = chosen(calendar.people, specialist_id)
    specialists = serving(session, redis, org_id, calendar, people, asker, start, start, ignoring)
    offer = asker.offer(calendar.offer)
    pools = pools_around(session, redis, org_id, calendar, asker, start, start, ignoring)
    return why_each(offer, specialists, from_datetime(start), asker.asking, pools)


def next_free(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    asker: Asker,
    *,
    since: dt.datetime,
    within_days: int = 60,
    count: int = 3,
    specialist_id: uuid.UUID | None = None,
    ignoring: uuid.UUID | None = None,
) -> list[Slot]:
    """The nearest free slots from `since` on: what a page offers when a time is gone."""
    people = chosen(calendar.people, specialist_id)
    until = since + dt.timedelta(days=within_days)
    found = _availability(session, redis, org_id, calendar, people, asker, since, until, ignoring)
    return found.slots(count)


def _availability(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    people: Sequence[Person],
    asker: Asker,
    since: dt.datetime,
    until: dt.datetime,
    ignoring: uuid.UUID | None = None,
) -> Found:
    people_then = serving(
        session, redis, org_id, calendar, people, asker, since, until, ignoring, rows=False
    )
    pools = pools_around(session, redis, org_id, calendar, asker, since, until, ignoring)
    span = (from_datetime(since), from_datetime(until))
    return Found.of(calendar, asker, people_then, span, pools)


def chosen(people: Iterable[Person], specialist_id: uuid.UUID | None) -> list[Person]:
    """All of the people, or the one asked for."""
    return [one for one in people if specialist_id is None or one.id == specialist_id]


def midnight(day: dt.date, time_zone: str) -> dt.datetime:
    """The instant, in UTC, at which a date begins on a clock."""
    return dt.datetime.combine(day, dt.time(), ZoneInfo(time_zone)).astimezone(dt.UTC)
