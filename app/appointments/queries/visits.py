"""One visit with everything around it, its history, and the visits of a patient."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment, AppointmentChange, Course
from app.appointments.queries.beside import (
    ITS_COURSE,
    ITS_LOCATION,
    ITS_PATIENT,
    ITS_SERVICE,
    ITS_SPECIALIST,
    THE_CALLED_ROOM,
)
from app.appointments.rules.policy import deadline
from app.catalog.models import Service
from app.catalog.terms import Terms
from app.catalog.terms import read as read_terms
from app.kernel.identity.models import Human
from app.kernel.tenancy.models import Location
from app.lib.errors import NotFound
from app.people.family import mail_of
from app.people.models import Patient, Specialist
from app.scheduling.models import Room


@dataclass(frozen=True, slots=True)
class VisitView:
    """A visit as pages and messages show it."""

    id: uuid.UUID
    reference: str
    state: str
    version: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    time_zone: str
    channel: str
    modality: str
    note: str
    price_minor: int
    currency: str
    rescheduled_from: dt.datetime | None
    checked_in_at: dt.datetime | None
    called_at: dt.datetime | None
    called_room: str | None
    cancelled_at: dt.datetime | None
    cancellation_reason: str | None
    assignment_reason: str
    created_at: dt.datetime
    calendar_id: uuid.UUID | None
    patient_id: uuid.UUID
    patient_name: str
    patient_email: str | None
    patient_phone: str | None
    patient_locale: str
    patient_onboarded_at: dt.datetime | None
    service_id: uuid.UUID
    service_names: dict[str, str]
    terms_kept: dict[str, Any]
    policies: dict[str, Any]
    specialist_id: uuid.UUID
    specialist_name: str
    specialist_title: str
    course_id: uuid.UUID | None
    course_number: int | None
    course_planned: int | None
    location_id: uuid.UUID | None
    location_name: str | None
    location_address: str | None
    location_city: str | None
    location_phone: str | None

    @property
    def terms(self) -> Terms:
        """The terms under which it was booked (APT-03)."""
        return read_terms(self.terms_kept)

    @property
    def may_change_until(self) -> dt.datetime:
        """The last moment at which cancelling or moving costs nothing (APT-03)."""
        return deadline(self.starts_at, self.terms.notice_min)


@cache
def visits() -> Select[Any]:
    """The rows of VisitView, to be narrowed; asked by every page of a visit, so built once."""
    columns: Any = (
        select(
            Appointment.id,
            Appointment.reference,
            Appointment.state,
            Appointment.version,
            Appointment.starts_at,
            Appointment.ends_at,
            Appointment.time_zone,
            Appointment.channel,
            Appointment.modality,
            Appointment.note,
            Appointment.price_minor,
            Appointment.currency,
            Appointment.rescheduled_from,
            Appointment.checked_in_at,
            Appointment.called_at,
            Room.name,
            Appointment.cancelled_at,
            Appointment.cancellation_reason,
            Appointment.assignment_reason,
            Appointment.created_at,
            Appointment.calendar_id,
            Appointment.patient_id,
            Patient.name,
            mail_of(),
            Patient.phone,
            Patient.locale,
            Patient.onboarded_at,
            Appointment.service_id,
            Service.names,
            Appointment.terms,
            Service.policies,
            Appointment.specialist_id,
            Specialist.name,
            Specialist.title,
            Appointment.course_id,
            Appointment.course_number,
            Course.planned,
            Appointment.location_id,
            Location.name,
            Location.address,
            Location.city,
            Location.phone,
        )
        .join(Patient, ITS_PATIENT)
        .join(Service, ITS_SERVICE)
        .join(Specialist, ITS_SPECIALIST)
        .outerjoin(Location, ITS_LOCATION)
        .outerjoin(Course, ITS_COURSE)
        .outerjoin(Room, THE_CALLED_ROOM)
        .where(Appointment.deleted_at.is_(None))
    )
    return cast("Select[Any]", columns)


def visit_view(session: Session, org_id: uuid.UUID, appointment_id: uuid.UUID) -> VisitView:
    """One visit. Raises NotFound."""
    row = session.execute(
        visits().where(Appointment.org_id == org_id, Appointment.id == appointment_id)
    ).one_or_none()
    if row is None:
        raise NotFound("appointment_not_found")
    return VisitView(*row)


def upcoming_for_patients(
    session: Session, org_id: uuid.UUID, patient_ids: Sequence[uuid.UUID], now: dt.datetime
) -> list[VisitView]:
    """Open visits of these patients that have not ended, by start."""
    rows = session.execute(
        visits()
        .where(
            Appointment.org_id == org_id,
            Appointment.patient_id.in_(patient_ids),
            Appointment.ends_at > now,
            Appointment.state.in_(("booked", "upcoming", "confirmed", "in_progress")),
        )
        .order_by(Appointment.starts_at)
    )
    return [VisitView(*row) for row in rows]


def patient_visits(
    session: Session, org_id: uuid.UUID, patient_ids: Sequence[uuid.UUID], limit: int = 50
) -> list[VisitView]:
    """All visits of these patients, newest first."""
    rows = session.execute(
        visits()
        .where(Appointment.org_id == org_id, Appointment.patient_id.in_(patient_ids))
        .order_by(Appointment.starts_at.desc())
        .limit(limit)
    )
    return [VisitView(*row) for row in rows]


def changes_of(session: Session, org_id: uuid.UUID, appointment_id: uuid.UUID) -> list[Row[Any]]:
    """The history of a visit, newest first, with the name of who did it where the clinic knows it."""
    return list(
        session.execute(
            select(
                AppointmentChange.at,
                AppointmentChange.verb,
                AppointmentChange.actor_kind,
                Human.name.label("actor_name"),
                AppointmentChange.from_state,
                AppointmentChange.to_state,
                AppointmentChange.from_starts_at,
                AppointmentChange.to_starts_at,
                AppointmentChange.reason,
            )
            .outerjoin(Human, Human.id == AppointmentChange.actor_human_id)
            .where(
                AppointmentChange.org_id == org_id,
                AppointmentChange.appointment_id == appointment_id,
            )
            .order_by(AppointmentChange.version.desc())
        )
    )
