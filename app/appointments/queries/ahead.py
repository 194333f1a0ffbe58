"""What comes after an empty day."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.states import OPEN


def next_start(
    session: Session, org_id: uuid.UUID, since: dt.datetime, specialist_id: uuid.UUID | None
) -> dt.datetime | None:
    """The start of the next open visit from `since` on, of one specialist or (None) of anybody."""
    asked = select(func.min(Appointment.starts_at)).where(
        Appointment.org_id == org_id, Appointment.starts_at >= since, Appointment.state.in_(OPEN)
    )
    if specialist_id is not None:
        asked = asked.where(Appointment.specialist_id == specialist_id)
    return session.scalar(asked)
