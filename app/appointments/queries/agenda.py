"""The day at the desk: one column a specialist (or room), every visit of the date, blocks and working hours."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from redis import Redis
from sqlalchemy import ColumnElement, ScalarSelect, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.queries.open_time import Hours, calendar_weeks, hours_of, reasons_away
from app.appointments.rules.overbooking import OVERBOOKED
from app.catalog.models import Service
from app.lib.intervals import Span as Minutes
from app.lib.intervals import intersect
from app.people.models import Patient, Specialist
from app.scheduling.holds import Holds
from app.scheduling.models import ClassSeat, Occupancy, Resource
from app.scheduling.queries.calendars import Person, schedules
from app.scheduling.rules.occupancy import Hold
from app.scheduling.rules.walltime import from_datetime, to_datetime

# No visit is longer, so none that began earlier reaches into a range.
LONGEST_VISIT = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AgendaEntry:
    """One visit as the desk sees it."""

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
) -> DayAgenda:
    """The date on the clinic's clock, of one location or all. Cancelled visits are not in the grid.

    `only_patients_of` limits what an own-patients role sees to that specialist's visits (KRN-04).
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
) -> tuple[DayAgenda, ...]:
    """`days` consecutive dates from `first`, in as many statements as one; each has a column for every specialist."""
    dates = [first + dt.timedelta(offset) for offset in range(days)]
    midnights = [midnight(one, time_zone) for one in [*dates, first + dt.timedelta(days)]]
    since, until = midnights[0], midnights[-1]
    around = (first - dt.timedelta(1), first + dt.timedelta(days))
    people = _people(session, org_id, location_id, specialist_id, since, until, around)
    persons = [one.person for one in people]
    visits = _visits(session, org_id, since, until, [one.id for one in persons])
    schedule = schedules(session, org_id, persons, *around)
    holds = Holds(redis, org_id).of([one.resource for one in persons], now)
    span = (from_datetime(since), from_datetime(until))
    columns = [
        (one, hours_of(schedule[one.person.id], one.weeks, one.reasons, span)) for one in people
    ]
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
    people = _people(session, org_id, location_id, specialist_id, since, until, around)
    schedule = schedules(session, org_id, [one.person for one in people], *around)
    span = (from_datetime(since), from_datetime(until))
    return [
        (one.person, hours_of(schedule[one.person.id], one.weeks, {}, span).open) for one in people
    ]


def midnight(day: dt.date, time_zone: str) -> dt.datetime:
    """The instant at which a date begins on a clock."""
    return dt.datetime.combine(day, dt.time(), ZoneInfo(time_zone)).astimezone(dt.UTC)


@dataclass(frozen=True, slots=True)
class _Read:
    """A specialist as read for the calendar."""

    person: Person
    offered: tuple[Span, ...]
    weeks: list[Any]
    reasons: dict[str, str]
    blocks: tuple[Block, ...]


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
) -> list[_Read]:
    query = (
        select(
            Specialist.id,
            Specialist.name,
            Specialist.title,
            Specialist.slug,
            Specialist.color,
            Specialist.active,
            func.coalesce(Specialist.time_zone, "").label("time_zone"),
            Specialist.location_id,
            literal(0).label("priority"),
            Resource.number.label("resource"),
            Resource.id.label("resource_id"),
            _offered(since, until).label("offered"),
            calendar_weeks().label("weeks"),
            reasons_away(*around).label("reasons"),
            blocked(since, until).label("blocks"),
        )
        .join(
            Resource,
            and_(Resource.org_id == Specialist.org_id, Resource.specialist_id == Specialist.id),
        )
        .where(Specialist.org_id == org_id, Specialist.deleted_at.is_(None))
        .order_by(Specialist.name, Specialist.id)
    )
    if location_id is not None:
        query = query.where(Specialist.location_id == location_id)
    if specialist_id is not None:
        query = query.where(Specialist.id == specialist_id)
    rows: Any = session.execute(query).all()
    return [
        _Read(
            Person(*tuple(row)[:-4]),
            _spans(row.offered),
            row.weeks or [],
            row.reasons or {},
            blocks_of(row.blocks),
        )
        for row in rows
    ]


def _offered(since: dt.datetime, until: dt.datetime) -> ScalarSelect[Any]:
    """Times of a resource that are kept for somebody on the waiting list, as starts and ends one after the other."""
    return (
        select(
            func.array_agg(Occupancy.visit_starts_at).op("||")(
                func.array_agg(Occupancy.visit_ends_at)
            )
        )
        .where(
            Occupancy.org_id == Resource.org_id,
            Occupancy.resource_id == Resource.id,
            Occupancy.live,
            Occupancy.kind == "offer",
            Occupancy.starts_at < until,
            Occupancy.ends_at > since,
        )
        .correlate(Resource)
        .scalar_subquery()
    )


def blocked(since: dt.datetime, until: dt.datetime) -> ScalarSelect[Any]:
    """Blocks of a resource between two instants, for `blocks_of`."""
    row = func.jsonb_build_array(
        Occupancy.id,
        Occupancy.starts_at,
        Occupancy.ends_at,
        func.coalesce(Occupancy.reason, ""),
    )
    return (
        select(func.jsonb_agg(row))
        .where(
            Occupancy.org_id == Resource.org_id,
            Occupancy.resource_id == Resource.id,
            Occupancy.live,
            Occupancy.kind == "block",
            Occupancy.starts_at < until,
            Occupancy.ends_at > since,
        )
        .correlate(Resource)
        .scalar_subquery()
    )


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
    theirs = Appointment.specialist_id.in_(specialist_ids)
    for visit in visits_touching(session, org_id, since, until, theirs):
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
    begins = and_(Appointment.starts_at >= since, Appointment.starts_at < until)
    return _read_visits(session, org_id, begins, which)


def visits_touching(
    session: Session,
    org_id: uuid.UUID,
    since: dt.datetime,
    until: dt.datetime,
    which: ColumnElement[bool],
) -> list[AgendaEntry]:
    """As `visits_between`, with those that began before and reach into the range."""
    touches = and_(
        Appointment.starts_at >= since - LONGEST_VISIT,
        Appointment.starts_at < until,
        or_(Appointment.starts_at >= since, Appointment.ends_at > since),
    )
    return _read_visits(session, org_id, touches, which)


def _read_visits(
    session: Session, org_id: uuid.UUID, when: ColumnElement[bool], which: ColumnElement[bool]
) -> list[AgendaEntry]:
    rows = session.execute(
        select(
            Appointment.id,
            Appointment.starts_at,
            Appointment.ends_at,
            Appointment.state,
            Appointment.version,
            Appointment.patient_id,
            Patient.name.label("patient_name"),
            Patient.phone.label("patient_phone"),
            Patient.onboarded_at.is_(None).label("guest"),
            Service.names.label("service_names"),
            Service.buffer_before_min,
            Service.buffer_after_min,
            Appointment.specialist_id,
            Appointment.checked_in_at,
            Appointment.note,
            Appointment.channel,
            Appointment.called_at,
            (Appointment.assignment_reason == OVERBOOKED).label("overbooked"),
            ClassSeat.session_id,
            ClassSeat.capacity,
            Appointment.room_id,
            Appointment.device_id,
        )
        .join(
            Patient,
            and_(Patient.org_id == Appointment.org_id, Patient.id == Appointment.patient_id),
        )
        .join(
            Service,
            and_(Service.org_id == Appointment.org_id, Service.id == Appointment.service_id),
        )
        .outerjoin(
            ClassSeat,
            and_(
                ClassSeat.org_id == Appointment.org_id,
                ClassSeat.holder_id == Appointment.id,
                ClassSeat.live,
            ),
        )
        .where(
            Appointment.org_id == org_id,
            when,
            which,
            Appointment.state != "cancelled",
            Appointment.deleted_at.is_(None),
        )
        .order_by(Appointment.starts_at)
    )
    return [AgendaEntry(*row) for row in rows]
