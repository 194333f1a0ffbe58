"""The day at the desk: one column a specialist (or room), every visit of the date, blocks and working hours."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from redis import Redis
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.appointments.queries import day_statements
from app.appointments.queries.open_time import Hours, hours_in
from app.kernel.db import read_rows
from app.lib.intervals import Span as Minutes
from app.lib.intervals import intersect
from app.scheduling.holds import Holds
from app.scheduling.queries.calendars import Person
from app.scheduling.queries.slots import midnight
from app.scheduling.rules.occupancy import Hold
from app.scheduling.rules.walltime import from_datetime, to_datetime


class AgendaEntry(NamedTuple):
    """One visit as the desk sees it; a tuple, since a day makes many from rows and each field of a dataclass costs."""

    id: uuid.UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    state: str
    version: int
    patient_id: uuid.UUID
    patient_name: str
    patient_phone: str | None
    guest: bool
    service_names: dict[str, str]
    buffer_before_min: int
    buffer_after_min: int
    specialist_id: uuid.UUID
    checked_in_at: dt.datetime | None
    note: str
    channel: str
    called_at: dt.datetime | None = None
    overbooked: bool = False
    class_id: uuid.UUID | None = None
    class_places: int | None = None
    room_id: uuid.UUID | None = None
    device_id: uuid.UUID | None = None
    service_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time."""

    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Away:
    """Working time that a date took away, and the reason that was given ("" for none)."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Block:
    """Time that the desk keeps free of visits, and why."""

    id: uuid.UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Column:
    """A specialist's day; `offered` is kept for somebody on the waiting list."""

    specialist_id: uuid.UUID
    name: str
    title: str
    color: int
    working: tuple[Span, ...]
    held: tuple[Span, ...]
    offered: tuple[Span, ...]
    visits: tuple[AgendaEntry, ...]
    away: tuple[Away, ...] = ()
    blocks: tuple[Block, ...] = ()
    # Visits of the date before that reach into this one, with their buffers.
    carried: tuple[AgendaEntry, ...] = ()
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class DayAgenda:
    """A date of a clinic: columns by specialist name."""

    day: dt.date
    time_zone: str
    columns: tuple[Column, ...]

    @property
    def visits(self) -> list[AgendaEntry]:
        """All visits by start."""
        return sorted(
            (one for column in self.columns for one in column.visits),
            key=lambda one: (one.starts_at, one.patient_name),
        )


def day_agenda(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    day: dt.date,
    *,
    now: dt.datetime,
    time_zone: str,
    location_id: uuid.UUID | None = None,
    specialist_id: uuid.UUID | None = None,
    only_patients_of: uuid.UUID | None = None,
    drawn: bool = True,
) -> DayAgenda:
    """The date on the clinic's clock, of one location or all. Cancelled visits are not in the grid.

    `only_patients_of` limits what an own-patients role sees to that specialist's visits (KRN-04). Without `drawn` what
    only a calendar shows is left out: times that are being booked, offered or kept free.
    """
    return agendas(
        session,
        redis,
        org_id,
        day,
        1,
        now=now,
        time_zone=time_zone,
        location_id=location_id,
        specialist_id=only_patients_of or specialist_id,
        drawn=drawn,
    )[0]


def agendas(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    first: dt.date,
    days: int,
    *,
    now: dt.datetime,
    time_zone: str,
    location_id: uuid.UUID | None = None,
    specialist_id: uuid.UUID | None = None,
    drawn: bool = True,
) -> tuple[DayAgenda, ...]:
    """`days` consecutive dates from `first`, in as many statements as one; each has a column for every specialist."""
    dates = [first + dt.timedelta(offset) for offset in range(days)]
    midnights = [midnight(one, time_zone) for one in [*dates, first + dt.timedelta(days)]]
    since, until = midnights[0], midnights[-1]
    around = (first - dt.timedelta(1), first + dt.timedelta(days))
    people = _people(session, org_id, location_id, specialist_id, since, until, around, drawn=drawn)
    visits = _visits(session, org_id, since, until, [one.person.id for one in people])
    kept = [one.person.resource for one in people] if drawn else []
    holds = Holds(redis, org_id).of(kept, now)
    columns = [(one, one.hours_in(since, until)) for one in people]
    return tuple(
        DayAgenda(
            date,
            time_zone,
            tuple(
                _column(one, hours, holds.get(one.person.resource, ()), visits, start, end)
                for one, hours in columns
            ),
        )
        for date, start, end in zip(dates, midnights, midnights[1:], strict=False)
    )


def open_hours(
    session: Session,
    org_id: uuid.UUID,
    first: dt.date,
    days: int,
    time_zone: str,
    location_id: uuid.UUID | None = None,
    specialist_id: uuid.UUID | None = None,
) -> list[tuple[Person, tuple[Minutes, ...]]]:
    """The specialists by name, each with the minutes since the epoch that are open on `days` dates from `first`."""
    since, until = midnight(first, time_zone), midnight(first + dt.timedelta(days), time_zone)
    around = (first - dt.timedelta(1), first + dt.timedelta(days))
    people = _people(session, org_id, location_id, specialist_id, since, until, around, drawn=False)
    return [(one.person, one.hours_in(since, until).open) for one in people]


@dataclass(frozen=True, slots=True)
class _Read:
    """A specialist as read for the calendar."""

    person: Person
    hours: str
    offered: tuple[Span, ...]
    blocks: tuple[Block, ...]

    def hours_in(self, since: dt.datetime, until: dt.datetime) -> Hours:
        """When they see patients between two instants."""
        return hours_in(
            self.person.time_zone, self.hours, from_datetime(since), from_datetime(until)
        )


def _column(
    read: _Read,
    hours: Hours,
    holds: Iterable[Hold],
    visits: dict[uuid.UUID, list[AgendaEntry]],
    since: dt.datetime,
    until: dt.datetime,
) -> Column:
    """What of the range lies on the date from `since` to `until`."""
    span = (from_datetime(since), from_datetime(until))
    one = read.person
    return Column(
        one.id,
        one.name,
        one.title,
        one.color,
        tuple(
            Span(to_datetime(start), to_datetime(end))
            for start, end in intersect(hours.open, [span])
        ),
        tuple(
            Span(to_datetime(hold.start), to_datetime(hold.end))
            for hold in holds
            if hold.start < span[1] and span[0] < hold.end
        ),
        tuple(kept for kept in read.offered if kept.starts_at < until and since < kept.ends_at),
        tuple(visit for visit in visits.get(one.id, ()) if since <= visit.starts_at < until),
        tuple(
            Away(to_datetime(max(start, span[0])), to_datetime(min(end, span[1])), reason)
            for start, end, reason in hours.closed
            if start < span[1] and span[0] < end
        ),
        tuple(one for one in read.blocks if one.starts_at < until and since < one.ends_at),
        tuple(visit for visit in visits.get(one.id, ()) if reaches_into(visit, since)),
        one.time_zone,
    )


def reaches_into(visit: AgendaEntry, since: dt.datetime) -> bool:
    """Whether a visit that began before still takes time then."""
    return visit.starts_at < since < visit.ends_at


def _people(
    session: Session,
    org_id: uuid.UUID,
    location_id: uuid.UUID | None,
    specialist_id: uuid.UUID | None,
    since: dt.datetime,
    until: dt.datetime,
    around: tuple[dt.date, dt.date],
    *,
    drawn: bool,
) -> list[_Read]:
    statement = day_statements.people(location_id is not None, specialist_id is not None, drawn)
    first, last = around
    which = {"location_id": location_id, "specialist_id": specialist_id}
    asked = day_statements.asked(org_id, since, until, first=first, last=last, **which)
    return [
        _Read(Person(*row[:11]), row.hours, _spans(row.offered), blocks_of(row.blocks))
        for row in read_rows(session, statement, asked)
    ]


def blocks_of(rows: list[list[str]] | None) -> tuple[Block, ...]:
    """What `blocked` read, as values."""
    return tuple(
        Block(
            uuid.UUID(id_),
            dt.datetime.fromisoformat(start),
            dt.datetime.fromisoformat(end),
            reason,
        )
        for id_, start, end, reason in rows or ()
    )


def _spans(moments: list[dt.datetime] | None) -> tuple[Span, ...]:
    half = len(moments or ()) // 2
    return tuple(map(Span, (moments or [])[:half], (moments or [])[half:]))


def _visits(
    session: Session,
    org_id: uuid.UUID,
    since: dt.datetime,
    until: dt.datetime,
    specialist_ids: list[uuid.UUID],
) -> dict[uuid.UUID, list[AgendaEntry]]:
    found: dict[uuid.UUID, list[AgendaEntry]] = defaultdict(list)
    asked = day_statements.asked(org_id, since, until, people=specialist_ids)
    for row in read_rows(session, day_statements.VISITS_OF_PEOPLE, asked):
        visit = AgendaEntry._make(row)
        found[visit.specialist_id].append(visit)
    return found


def visits_between(
    session: Session,
    org_id: uuid.UUID,
    since: dt.datetime,
    until: dt.datetime,
    which: ColumnElement[bool],
) -> list[AgendaEntry]:
    """Visits that begin in [since, until) and were not cancelled, by start."""
    statement = day_statements.VISITS_BETWEEN.where(which)
    rows = read_rows(session, statement, day_statements.asked(org_id, since, until))
    return [AgendaEntry._make(row) for row in rows]


def visits_touching(
    session: Session,
    org_id: uuid.UUID,
    since: dt.datetime,
    until: dt.datetime,
    which: ColumnElement[bool],
) -> list[AgendaEntry]:
    """As `visits_between`, with those that began before and reach into the range."""
    statement = day_statements.VISITS_TOUCHING.where(which)
    rows = read_rows(session, statement, day_statements.asked(org_id, since, until))
    return [AgendaEntry._make(row) for row in rows]
