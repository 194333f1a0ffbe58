"""How far a new clinic is on its way to the first booking: one statement, asked while nothing was ever booked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.catalog.models import Service, ServiceSpecialist
from app.kernel.tenancy.models import Location, Organization
from app.people.models import Specialist
from app.scheduling.models import Calendar, CalendarSpecialist, Occupancy, WeeklyHours


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What is there already, and the row to go on with where something is half done."""

    begun: bool
    reachable: bool
    located: bool
    staffed: bool
    timed: bool
    offered: bool
    bookable: bool
    without_hours: uuid.UUID | None
    without_people: uuid.UUID | None
    without_calendar: uuid.UUID | None


def first_steps(session: Session, org_id: uuid.UUID) -> FirstSteps:
    """Where the clinic stands. `begun` says that time of somebody was once taken for a visit."""
    works = and_(Specialist.active, Specialist.deleted_at.is_(None))
    row = session.execute(
        select(
            select(Occupancy.id)
            .where(Occupancy.org_id == org_id, Occupancy.kind.in_(("appointment", "class")))
            .exists(),
            func.coalesce(Organization.phone, "") != "",
            select(Location.id)
            .where(Location.org_id == org_id, Location.closed_at.is_(None), Location.address != "")
            .exists(),
            select(Specialist.id).where(Specialist.org_id == org_id, works).exists(),
            _hours(org_id, works),
            select(Service.id)
            .where(Service.org_id == org_id, Service.archived_at.is_(None), _qualified(works))
            .exists(),
            select(Calendar.id)
            .where(Calendar.org_id == org_id, Calendar.archived_at.is_(None), _served(works))
            .exists(),
            _specialist_without_hours(org_id, works),
            _service(org_id, ~_qualified(works)),
            _service(org_id, _qualified(works), ~_with_calendar()),
        ).where(Organization.id == org_id)
    ).one()
    return FirstSteps(*tuple(row))


def _hours(org_id: uuid.UUID, works: ColumnElement[bool]) -> ColumnElement[bool]:
    """Somebody has a week of their own, or a calendar or a place in one has hours."""
    weekly = select(WeeklyHours.id).join(
        Specialist, and_(_same(WeeklyHours.specialist_id, WeeklyHours.org_id), works)
    )
    own = select(Calendar.id).where(
        Calendar.org_id == org_id, Calendar.archived_at.is_(None), Calendar.hours.is_not(None)
    )
    return or_(weekly.where(WeeklyHours.org_id == org_id).exists(), own.exists())


def _qualified(works: ColumnElement[bool]) -> ColumnElement[bool]:
    people = select(ServiceSpecialist.id).join(
        Specialist, and_(_same(ServiceSpecialist.specialist_id, ServiceSpecialist.org_id), works)
    )
    asked = people.where(
        ServiceSpecialist.org_id == Service.org_id, ServiceSpecialist.service_id == Service.id
    )
    return asked.correlate(Service).exists()


def _served(works: ColumnElement[bool]) -> ColumnElement[bool]:
    people = select(CalendarSpecialist.id).join(
        Specialist, and_(_same(CalendarSpecialist.specialist_id, CalendarSpecialist.org_id), works)
    )
    asked = people.where(
        CalendarSpecialist.org_id == Calendar.org_id, CalendarSpecialist.calendar_id == Calendar.id
    )
    return asked.correlate(Calendar).exists()


def _same(
    specialist_id: InstrumentedAttribute[uuid.UUID], org_id: InstrumentedAttribute[uuid.UUID]
) -> ColumnElement[bool]:
    return and_(Specialist.org_id == org_id, Specialist.id == specialist_id)


def _with_calendar() -> ColumnElement[bool]:
    return (
        select(Calendar.id)
        .where(
            Calendar.org_id == Service.org_id,
            Calendar.service_id == Service.id,
            Calendar.archived_at.is_(None),
        )
        .correlate(Service)
        .exists()
    )


def _specialist_without_hours(
    org_id: uuid.UUID, works: ColumnElement[bool]
) -> ScalarSelect[uuid.UUID]:
    hours = (
        select(WeeklyHours.id)
        .where(WeeklyHours.org_id == Specialist.org_id, WeeklyHours.specialist_id == Specialist.id)
        .correlate(Specialist)
        .exists()
    )
    return (
        select(Specialist.id)
        .where(Specialist.org_id == org_id, works, ~hours)
        .order_by(Specialist.name, Specialist.id)
        .limit(1)
        .scalar_subquery()
    )


def _service(org_id: uuid.UUID, *such: ColumnElement[bool]) -> ScalarSelect[uuid.UUID]:
    return (
        select(Service.id)
        .where(Service.org_id == org_id, Service.archived_at.is_(None), *such)
        .order_by(Service.position, Service.id)
        .limit(1)
        .scalar_subquery()
    )
