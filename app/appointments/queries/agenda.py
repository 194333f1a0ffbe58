"""The day at the desk: one column a specialist (or room), every visit of the date, blocks and working hours."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from redis import Redis
from sqlalchemy import ScalarSelect, and_, func, literal, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.catalog.models import Service
from app.people.models import Patient, Specialist
from app.scheduling.holds import Holds
from app.scheduling.models import ClassSeat, Occupancy, Resource
from app.scheduling.queries.calendars import Person, schedules
from app.scheduling.rules.hours import working_runs
from app.scheduling.rules.walltime import from_datetime, to_datetime


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
    class_id: uuid.UUID | None = None
    class_places: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time."""

    starts_at: dt.datetime
    ends_at: dt.datetime


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
    zone = ZoneInfo(time_zone)
    since = dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
    until = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone).astimezone(dt.UTC)
    whom = only_patients_of or specialist_id
    people, offered = _people(session, org_id, location_id, whom, _offered(since, until))
    visits = _visits(session, org_id, since, until, [one.id for one in people])
    hours = schedules(session, org_id, people, day - dt.timedelta(1), day + dt.timedelta(1))
    holds = Holds(redis, org_id).of([one.resource for one in people], now)
    span = (from_datetime(since), from_datetime(until))
    columns = [
        Column(
            one.id,
            one.name,
            one.title,
            one.color,
            tuple(
                Span(to_datetime(max(run.start, span[0])), to_datetime(min(run.end, span[1])))
                for run in (working_runs((hours[one.id],), *span) if one.time_zone else ())
            ),
            tuple(
                Span(to_datetime(hold.start), to_datetime(hold.end))
                for hold in holds.get(one.resource, ())
                if hold.start < span[1] and span[0] < hold.end
            ),
            offered[one.id],
            tuple(visits.get(one.id, ())),
        )
        for one in people
    ]
    return DayAgenda(day, time_zone, tuple(columns))


def _people(
    session: Session,
    org_id: uuid.UUID,
    location_id: uuid.UUID | None,
    specialist_id: uuid.UUID | None,
    offered: ScalarSelect[Any],
) -> tuple[list[Person], dict[uuid.UUID, tuple[Span, ...]]]:
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
            offered.label("offered"),
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
    return [Person(*tuple(row)[:-1]) for row in rows], {row.id: _spans(row.offered) for row in rows}


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
            ClassSeat.session_id,
            ClassSeat.capacity,
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
            Appointment.starts_at >= since,
            Appointment.starts_at < until,
            Appointment.specialist_id.in_(specialist_ids),
            Appointment.state != "cancelled",
            Appointment.deleted_at.is_(None),
        )
        .order_by(Appointment.starts_at)
    )
    found: dict[uuid.UUID, list[AgendaEntry]] = defaultdict(list)
    for row in rows:
        found[row.specialist_id].append(AgendaEntry(*row))
    return found
