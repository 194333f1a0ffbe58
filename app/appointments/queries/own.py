"""The visits of patients as they themselves look back on them (PRT-01)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.queries.visits import VisitView, visits
from app.catalog.models import Service
from app.lib.errors import NotFound
from app.lib.paging import Page, PageRequest
from app.scheduling.models import Calendar
from app.scheduling.queries import CalendarView
from app.scheduling.queries.definitions import people_of, view_of

OPEN = ("booked", "upcoming", "confirmed", "in_progress")
KEPT = (*OPEN, "done")


def past_visits(
    session: Session,
    org_id: uuid.UUID,
    patient_ids: Sequence[uuid.UUID],
    now: dt.datetime,
    asked: PageRequest,
) -> Page[VisitView]:
    """Visits that are over or will not take place, the last first."""
    over = _over(org_id, patient_ids, now)
    total = session.scalar(select(func.count()).select_from(Appointment).where(over)) or 0
    rows = session.execute(
        visits()
        .where(over)
        .order_by(Appointment.starts_at.desc(), Appointment.id)
        .limit(asked.size)
        .offset(asked.offset)
    )
    return Page([VisitView(*row) for row in rows], total, asked)


def planned_and_last(
    session: Session, org_id: uuid.UUID, patient_id: uuid.UUID, now: dt.datetime
) -> tuple[list[VisitView], VisitView | None]:
    """The open visits to come by start, and the last one that took place; one look for a page that shows both."""
    mine = and_(Appointment.org_id == org_id, Appointment.patient_id == patient_id)
    last = (
        select(Appointment.id)
        .where(
            mine,
            Appointment.ends_at <= now,
            Appointment.state.in_(KEPT),
            Appointment.calendar_id.is_not(None),
            Appointment.deleted_at.is_(None),
        )
        .order_by(Appointment.starts_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    planned = and_(Appointment.ends_at > now, Appointment.state.in_(OPEN))
    rows = session.execute(
        visits().where(mine, or_(planned, Appointment.id == last)).order_by(Appointment.starts_at)
    )
    found = [VisitView(*row) for row in rows]
    past = next((one for one in found if one.ends_at <= now), None)
    return [one for one in found if one.ends_at > now], past


def to_repeat(
    session: Session, org_id: uuid.UUID, visit_id: uuid.UUID
) -> tuple[VisitView, CalendarView | None]:
    """A visit with the calendar in which the public may book the same again, if it may. Raises NotFound."""
    row = session.execute(
        visits()
        .add_columns(Calendar, Service)
        .outerjoin(
            Calendar,
            and_(
                Calendar.org_id == Appointment.org_id,
                Calendar.id == Appointment.calendar_id,
                Calendar.archived_at.is_(None),
                Calendar.public,
            ),
        )
        .where(Appointment.org_id == org_id, Appointment.id == visit_id)
    ).one_or_none()
    if row is None:
        raise NotFound("appointment_not_found")
    *seen, calendar, service = row
    if calendar is None or service.archived_at is not None or not service.public:
        return VisitView(*seen), None
    people = people_of(session, org_id, [calendar.id])
    return VisitView(*seen), view_of(calendar, service, people.get(calendar.id, ()))


def _over(
    org_id: uuid.UUID, patient_ids: Sequence[uuid.UUID], now: dt.datetime
) -> ColumnElement[bool]:
    return and_(
        Appointment.org_id == org_id,
        Appointment.patient_id.in_(patient_ids),
        Appointment.deleted_at.is_(None),
        or_(Appointment.ends_at <= now, Appointment.state.not_in(OPEN)),
    )
