"""What is known of a patient's visits so far, for whoever books the next one (BOK-04, BYD-03)."""

from __future__ import annotations

import uuid

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.rules.desk_times import Habit
from app.people.models import Patient

STOOD = ("done", "in_progress", "upcoming", "confirmed")


def habit_of(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> Habit:
    """The specialist they prefer or saw last, with time and calendar of their last visit; one statement."""
    row = session.execute(
        select(
            func.coalesce(Patient.preferred_specialist_id, Appointment.specialist_id),
            Appointment.starts_at,
            Appointment.calendar_id,
        )
        .select_from(Patient)
        .outerjoin(
            Appointment,
            and_(
                Appointment.org_id == Patient.org_id,
                Appointment.patient_id == Patient.id,
                Appointment.state.in_(STOOD),
                Appointment.deleted_at.is_(None),
            ),
        )
        .where(Patient.org_id == org_id, Patient.id == patient_id)
        .order_by(Appointment.starts_at.desc().nulls_last())
        .limit(1)
    ).first()
    return Habit(*row) if row else Habit()
