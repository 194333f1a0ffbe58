"""What a calendar reads under a private address."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.appointments.actions.feeds import Whose
from app.appointments.models import Appointment, AppointmentChange, CalendarFeed
from app.appointments.queries.beside import ITS_LOCATION, ITS_PATIENT, ITS_SERVICE, ITS_SPECIALIST
from app.catalog.models import Service
from app.kernel.tenancy.models import Location
from app.kernel.tokens import hash_token
from app.people.models import Patient, Specialist
from app.people.persons import cards_of

PAST, AHEAD = dt.timedelta(days=60), dt.timedelta(days=400)
MOST = 5000


def opened_at(session: Session, org_id: uuid.UUID, whose: Whose) -> dt.datetime | None:
    """Since when a feed has its address; None without one."""
    return session.scalar(select(CalendarFeed.created_at).where(*whose.rows(org_id)))


def whose_feed(session: Session, org_id: uuid.UUID, token: str) -> Whose | None:
    """Whose visits an address shows; None for one that is unknown or ended, or whose owner has left."""
    row = session.execute(
        select(CalendarFeed.specialist_id, CalendarFeed.patient_id)
        .outerjoin(
            Specialist,
            (Specialist.org_id == CalendarFeed.org_id)
            & (Specialist.id == CalendarFeed.specialist_id),
        )
        .outerjoin(
            Patient,
            (Patient.org_id == CalendarFeed.org_id) & (Patient.id == CalendarFeed.patient_id),
        )
        .where(
            CalendarFeed.org_id == org_id,
            CalendarFeed.token_digest == hash_token(token),
            CalendarFeed.revoked_at.is_(None),
            Specialist.deleted_at.is_(None),
            Patient.deleted_at.is_(None),
        )
    ).one_or_none()
    return Whose(*row) if row else None


def feed_visits(
    session: Session, org_id: uuid.UUID, whose: Whose, now: dt.datetime
) -> Sequence[Row[Any]]:
    """Visits of the last two months and the next year, cancelled ones too, in order of time."""
    changed = (
        select(func.max(AppointmentChange.at))
        .where(
            AppointmentChange.org_id == Appointment.org_id,
            AppointmentChange.appointment_id == Appointment.id,
        )
        .correlate(Appointment)
        .scalar_subquery()
    )
    patients = [whose.patient_id] if whose.patient_id else []
    mine = (
        Appointment.specialist_id == whose.specialist_id
        if whose.specialist_id
        else Appointment.patient_id.in_(cards_of(org_id, patients))
    )
    return session.execute(
        select(
            Appointment.id,
            Appointment.reference,
            Appointment.version,
            Appointment.state,
            Appointment.starts_at,
            Appointment.ends_at,
            Appointment.modality,
            func.coalesce(changed, Appointment.created_at).label("changed_at"),
            Service.names.label("service_names"),
            Patient.name.label("patient_name"),
            Patient.locale.label("patient_locale"),
            Specialist.name.label("specialist_name"),
            Location.name.label("location_name"),
            Location.address.label("location_address"),
            Location.city.label("location_city"),
        )
        .join(Service, ITS_SERVICE)
        .join(Patient, ITS_PATIENT)
        .join(Specialist, ITS_SPECIALIST)
        .outerjoin(Location, ITS_LOCATION)
        .where(
            Appointment.org_id == org_id,
            mine,
            Appointment.deleted_at.is_(None),
            Appointment.starts_at.between(now - PAST, now + AHEAD),
        )
        .order_by(Appointment.starts_at, Appointment.id)
        .limit(MOST)
    ).all()
