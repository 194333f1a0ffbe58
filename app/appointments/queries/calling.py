"""To which room a patient is called when nobody says it (APT-04)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment

# Where a specialist called the patient before is where they work today.
SAME_DAY = dt.timedelta(hours=12)


def usual_room(
    session: Session, visit: Appointment, rooms: Sequence[uuid.UUID], now: dt.datetime
) -> uuid.UUID | None:
    """Where it was called before, the room it is booked in, the only one, or where its specialist last called somebody.

    None where none of these says it. `rooms` are the rooms of the visit's location.
    """
    for known in (visit.called_room_id, visit.room_id):
        if known is not None and known in rooms:
            return known
    if len(rooms) == 1:
        return rooms[0]
    last = _last_called(session, visit, now) if rooms else None
    return last if last in rooms else None


def _last_called(session: Session, visit: Appointment, now: dt.datetime) -> uuid.UUID | None:
    return session.scalars(
        select(Appointment.called_room_id)
        .where(
            Appointment.org_id == visit.org_id,
            Appointment.specialist_id == visit.specialist_id,
            Appointment.starts_at > now - SAME_DAY,
            Appointment.starts_at < now + SAME_DAY,
            Appointment.called_at > now - SAME_DAY,
            Appointment.called_room_id.is_not(None),
        )
        .order_by(Appointment.called_at.desc())
        .limit(1)
    ).first()
