"""Free slots of a calendar, whether one start is free, and why it is not: one engine for all three (BYD-01)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from zoneinfo import ZoneInfo

from redis import Redis
from sqlalchemy.orm import Session

from app.lib.intervals import Span
from app.scheduling.holds import Holds
from app.scheduling.queries.calendars import CalendarView, Person, busy_times, schedules
from app.scheduling.queries.classes import Meetings, meetings
from app.scheduling.queries.ignoring import Ignoring, ignored_references
from app.scheduling.queries.spaces import pools_of
from app.scheduling.rules.availability import Asking, Availability, Specialist, availability
from app.scheduling.rules.classes import joining, places_at
from app.scheduling.rules.occupancy import Pool
from app.scheduling.rules.offer import Offer
from app.scheduling.rules.refusals import Refusal, why_each
from app.scheduling.rules.walltime import from_datetime, to_datetime

# The longest footprint and the farthest zones lie within a day on each side.
MARGIN = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for slots: the moment, the browser whose own hold is free to it, and staff or public.

    Staff are not bound by notice and horizon; every other rule is the same (BOK-04).
    """

    now: dt.datetime
    client: str | None = None
    staff: bool = False

    @property
    def asking(self) -> Asking:
        return Asking(int(self.now.timestamp()), self.client)

    def offer(self, offer: Offer) -> Offer:
        """The offer as it binds this asker."""
        return replace(offer, min_notice_min=0, horizon=None) if self.staff else offer


@dataclass(frozen=True, slots=True)
class Slot:
    """A start that can be booked, and with whom; for a class the most places left with one of them."""

    starts_at: dt.datetime
    specialist_ids: tuple[uuid.UUID, ...]
    places: int | None = None


@dataclass(frozen=True, slots=True)
class DaySlots:
    """The slots of one date on the page's clock."""

    day: dt.date
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class SlotPage:
    """Consecutive dates with their slots; `time_zone` is the clock they are laid out on."""

    days: tuple[DaySlots, ...]
    time_zone: str

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
    since, until = _bounds(first, days, time_zone)
    people = chosen(calendar.people, specialist_id)
    found = _availability(session, redis, org_id, calendar, people, asker, since, until, ignoring)
    by_day: dict[dt.date, list[Slot]] = defaultdict(list)
    zone = ZoneInfo(time_zone)
    for slot in found.slots():
        by_day[slot.starts_at.astimezone(zone).date()].append(slot)
    dates = [first + dt.timedelta(days=offset) for offset in range(days)]
    return SlotPage(tuple(DaySlots(day, tuple(by_day[day])) for day in dates), time_zone)


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
        session, redis, org_id, list(everybody.values()), asker.now, since, until
    )
    by_id = {one.id: one for one in people}
    span = (from_datetime(since), from_datetime(until))
    classes = _meetings(session, org_id, calendars, since, until)
    pools = pools_of(session, redis, org_id, calendars, asker.now, since - MARGIN, until + MARGIN)
    found: dict[uuid.UUID, Slot] = {}
    for calendar in calendars:
        there = [_serving(by_id[str(person.id)], person) for person in calendar.people]
        joined = _joining(calendar, there, classes, asker.client)
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
        return [self._slot(start) for start in self.free.starts()[:count]]

    def _slot(self, start: int) -> Slot:
        able = self.free.free_at(start)
        if self.offer.capacity < 2:
            return Slot(to_datetime(start), _identifiers(able))
        free = [one for one in self.people if one.id in able]
        places = places_at(self.offer, free, start)
        return Slot(to_datetime(start), _identifiers(able), places)


@lru_cache(maxsize=1024)
def _identifiers(texts: tuple[str, ...]) -> tuple[uuid.UUID, ...]:
    """A page of times has a handful of different crews, and reading UUIDs was a third of its cost."""
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
    people_then = serving(session, redis, org_id, calendar, people, asker, since, until, ignoring)
    pools = pools_around(session, redis, org_id, calendar, asker, since, until, ignoring)
    span = (from_datetime(since), from_datetime(until))
    return Found.of(calendar, asker, people_then, span, pools)


def pools_around(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    asker: Asker,
    since: dt.datetime,
    until: dt.datetime,
    ignoring: Ignoring = None,
) -> tuple[Pool, ...]:
    """The rooms and devices of which a visit of the calendar needs one, with their taken time; () for none."""
    around = (since - MARGIN, until + MARGIN)
    found = pools_of(session, redis, org_id, [calendar], asker.now, *around, ignoring)
    return found.get(calendar.id, ())


def serving(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    people: Sequence[Person],
    asker: Asker,
    since: dt.datetime,
    until: dt.datetime,
    ignoring: Ignoring = None,
) -> list[Specialist]:
    """The people as the rules want them for this calendar: its own classes can be joined."""
    found = specialists_of(session, redis, org_id, people, asker.now, since, until, ignoring)
    classes = _meetings(session, org_id, [calendar], since - MARGIN, until + MARGIN, ignoring)
    return _joining(calendar, found, classes, asker.client)


def _meetings(
    session: Session,
    org_id: uuid.UUID,
    calendars: Sequence[CalendarView],
    since: dt.datetime,
    until: dt.datetime,
    ignoring: Ignoring = None,
) -> Meetings:
    """The meetings of those that are class calendars; no statement where none is."""
    of_classes = [one.id for one in calendars if one.offer.capacity > 1]
    return meetings(session, org_id, of_classes, since, until, ignoring)


def _joining(
    calendar: CalendarView,
    people: list[Specialist],
    found: Meetings,
    client: str | None,
) -> list[Specialist]:
    if calendar.offer.capacity < 2:
        return people
    group = str(calendar.id)
    return [
        joining(one, calendar.offer, found.get((calendar.id, one.id), ()), group, client)
        for one in people
    ]


def specialists_of(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    people: Sequence[Person],
    now: dt.datetime,
    since: dt.datetime,
    until: dt.datetime,
    ignoring: Ignoring = None,
) -> list[Specialist]:
    """The people as the rules want them: hours, taken time and holds around the stretch, in three statements."""
    wide = (since - MARGIN, until + MARGIN)
    hours = schedules(session, org_id, people, wide[0].date(), wide[1].date())
    busy = busy_times(session, org_id, [one.resource_id for one in people], *wide)
    holds = Holds(redis, org_id).of([one.resource for one in people], now)
    moving = ignored_references(ignoring)
    return [
        Specialist(
            id=str(one.id),
            hours=one.layers(hours[one.id]),
            busy=[entry for entry in busy.get(one.resource, ()) if entry.ref not in moving]
            if moving
            else busy.get(one.resource, ()),
            holds=holds.get(one.resource, ()),
            active=one.active,
            site=str(one.location_id or ""),
        )
        for one in people
    ]


def chosen(people: Iterable[Person], specialist_id: uuid.UUID | None) -> list[Person]:
    """All of the people, or the one asked for."""
    return [one for one in people if specialist_id is None or one.id == specialist_id]


def _bounds(first: dt.date, days: int, time_zone: str) -> tuple[dt.datetime, dt.datetime]:
    zone = ZoneInfo(time_zone)
    start = dt.datetime.combine(first, dt.time(), zone)
    end = dt.datetime.combine(first + dt.timedelta(days=days), dt.time(), zone)
    return start.astimezone(dt.UTC), end.astimezone(dt.UTC)
