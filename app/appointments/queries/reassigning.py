"""Visits that somebody should look at again: to come with a specialist, of a service or calendar, outside hours.

A change of hours never moves or cancels a visit; it is kept, and listed until somebody gives it another time or person.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.queries.beside import ITS_PATIENT, ITS_SERVICE, ITS_SPECIALIST
from app.appointments.states import OPEN
from app.catalog.models import Service
from app.people.models import Patient, Specialist
from app.scheduling.models import Calendar
from app.scheduling.queries.calendars import Person, schedules
from app.scheduling.queries.definitions import people_of
from app.scheduling.queries.week import person_of
from app.scheduling.rules.hours import Layers, working_runs
from app.scheduling.rules.walltime import from_datetime

MARGIN = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ComingVisit:
    """A visit that has not ended, as a list for reassignment shows it."""

    id: uuid.UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    state: str
    patient_name: str
    service_names: dict[str, str]
    specialist_name: str
    calendar_id: uuid.UUID | None


def coming_visits(
    session: Session,
    org_id: uuid.UUID,
    now: dt.datetime,
    *,
    specialist_id: uuid.UUID | None = None,
    service_id: uuid.UUID | None = None,
    calendar_id: uuid.UUID | None = None,
) -> list[ComingVisit]:
    """Open visits that have not ended, of one specialist, service or calendar, the next first."""
    query = (
        select(
            Appointment.id,
            Appointment.starts_at,
            Appointment.ends_at,
            Appointment.state,
            Patient.name.label("patient_name"),
            Service.names.label("service_names"),
            Specialist.name.label("specialist_name"),
            Appointment.calendar_id,
        )
        .join(Patient, ITS_PATIENT)
        .join(Service, ITS_SERVICE)
        .join(Specialist, ITS_SPECIALIST)
        .where(
            Appointment.org_id == org_id,
            Appointment.ends_at > now,
            Appointment.state.in_(OPEN),
            Appointment.deleted_at.is_(None),
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )
    for column, wanted in (
        (Appointment.specialist_id, specialist_id),
        (Appointment.service_id, service_id),
        (Appointment.calendar_id, calendar_id),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    return [ComingVisit(*row) for row in session.execute(query)]


def coming_counts(session: Session, org_id: uuid.UUID, now: dt.datetime) -> dict[uuid.UUID, int]:
    """How many open visits each specialist has to come; who has none is left out."""
    rows = session.execute(
        select(Appointment.specialist_id, func.count())
        .where(
            Appointment.org_id == org_id,
            Appointment.ends_at > now,
            Appointment.state.in_(OPEN),
            Appointment.deleted_at.is_(None),
        )
        .group_by(Appointment.specialist_id)
    )
    return {row[0]: row[1] for row in rows}


def outside_hours(
    session: Session, org_id: uuid.UUID, specialist_id: uuid.UUID, now: dt.datetime
) -> list[ComingVisit]:
    """A specialist's coming visits that no longer lie within the hours of their calendar.

    The engine's own working time decides. Without a time zone there are no hours, so every visit is listed.
    """
    visits = coming_visits(session, org_id, now, specialist_id=specialist_id)
    if not visits:
        return []
    person = person_of(session, org_id, specialist_id)
    first, last = visits[0].starts_at - MARGIN, visits[-1].ends_at + MARGIN
    own = schedules(session, org_id, [person], first.date(), last.date())[person.id]
    in_calendar = _in_calendars(session, org_id, visits, specialist_id)
    by_layers: dict[uuid.UUID | None, list[ComingVisit]] = defaultdict(list)
    for visit in visits:
        by_layers[visit.calendar_id if visit.calendar_id in in_calendar else None].append(visit)
    found = [
        visit
        for calendar_id, group in by_layers.items()
        for visit in _outside(in_calendar.get(calendar_id, person).layers(own), group)
    ]
    return sorted(found, key=lambda one: (one.starts_at, one.id))


def _in_calendars(
    session: Session,
    org_id: uuid.UUID,
    visits: Iterable[ComingVisit],
    specialist_id: uuid.UUID,
) -> Mapping[uuid.UUID | None, Person]:
    """The specialist as each calendar of the visits has them."""
    calendar_ids = {visit.calendar_id for visit in visits if visit.calendar_id is not None}
    open_ids = session.scalars(
        select(Calendar.id).where(Calendar.org_id == org_id, Calendar.id.in_(calendar_ids))
    ).all()
    people = people_of(session, org_id, open_ids)
    return {
        calendar_id: person
        for calendar_id, persons in people.items()
        for person in persons
        if person.id == specialist_id
    }


def _outside(layers: Layers, visits: list[ComingVisit]) -> list[ComingVisit]:
    spans = [(from_datetime(one.starts_at), from_datetime(one.ends_at)) for one in visits]
    runs = working_runs(layers, min(spans)[0], max(end for _start, end in spans))
    return [
        visit
        for visit, (start, end) in zip(visits, spans, strict=True)
        if not any(run.start <= start and end <= run.end for run in runs)
    ]
