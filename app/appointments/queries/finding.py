"""Finding visits: by what a patient reads out on the phone, and the next one of each patient of a list."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.queries.visits import VisitView, visits
from app.appointments.states import IN_PROGRESS, OPEN

SHORTEST_REFERENCE = 3


def by_reference(
    session: Session,
    org_id: uuid.UUID,
    typed: str,
    *,
    limit: int = 5,
    specialist_id: uuid.UUID | None = None,
) -> list[VisitView]:
    """Visits whose reference begins with what was typed, newest first; nothing below three characters."""
    wanted = "".join(char for char in typed.upper() if char.isalnum())
    if len(wanted) < SHORTEST_REFERENCE:
        return []
    reference = func.replace(Appointment.reference, "-", "")
    query = (
        visits()
        .where(Appointment.org_id == org_id, reference.startswith(wanted, autoescape=True))
        .order_by(Appointment.starts_at.desc())
        .limit(limit)
    )
    if specialist_id is not None:
        query = query.where(Appointment.specialist_id == specialist_id)
    return [VisitView(*row) for row in session.execute(query)]


def next_visits(
    session: Session, org_id: uuid.UUID, patient_ids: Sequence[uuid.UUID], now: dt.datetime
) -> dict[uuid.UUID, dt.datetime]:
    """When each of these patients comes next; who has nothing open is left out."""
    rows = session.execute(
        select(Appointment.patient_id, func.min(Appointment.starts_at).label("soonest"))
        .where(
            Appointment.org_id == org_id,
            Appointment.patient_id.in_(patient_ids),
            Appointment.ends_at > now,
            Appointment.state.in_((*OPEN, IN_PROGRESS)),
            Appointment.deleted_at.is_(None),
        )
        .group_by(Appointment.patient_id)
    )
    return {row.patient_id: row.soonest for row in rows}
