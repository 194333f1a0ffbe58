"""The participants of a group class (CAT-02)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import and_
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.queries.visits import VisitView, visits
from app.scheduling.models import ClassSeat


def participants(
    session: Session, org_id: uuid.UUID, class_ids: Sequence[uuid.UUID]
) -> list[VisitView]:
    """The visits that have a place in these classes, by seat."""
    query = (
        visits()
        .join(
            ClassSeat,
            and_(
                ClassSeat.org_id == Appointment.org_id,
                ClassSeat.holder_id == Appointment.id,
                ClassSeat.live,
            ),
        )
        .where(Appointment.org_id == org_id, ClassSeat.session_id.in_(class_ids))
        .order_by(Appointment.starts_at, ClassSeat.number)
    )
    return [VisitView(*row) for row in session.execute(query)]
