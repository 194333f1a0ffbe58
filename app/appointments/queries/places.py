"""Where a visit takes place, and whether it stands on taken time (SCH-07, SCH-08)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from app.appointments.models import Appointment
from app.scheduling.models import ClassSeat, Occupancy, Room


@dataclass(frozen=True, slots=True)
class VisitPlace:
    """Room and device of a visit by name, why it was put on taken time, its class; None where there is none."""

    room: str | None
    device: str | None
    overbook_reason: str | None
    class_id: uuid.UUID | None


def place_of(session: Session, org_id: uuid.UUID, appointment_id: uuid.UUID) -> VisitPlace:
    """All of it for one visit, in one statement."""
    room, device = aliased(Room), aliased(Room)
    reason = (
        select(Occupancy.overbook_reason)
        .where(
            Occupancy.org_id == Appointment.org_id,
            Occupancy.reference_id == Appointment.id,
            Occupancy.live,
            Occupancy.overbook_reason.is_not(None),
        )
        .limit(1)
        .correlate(Appointment)
        .scalar_subquery()
    )
    row = session.execute(
        select(
            room.name.label("room"),
            device.name.label("device"),
            reason.label("reason"),
            ClassSeat.session_id,
        )
        .select_from(Appointment)
        .outerjoin(room, and_(room.org_id == Appointment.org_id, room.id == Appointment.room_id))
        .outerjoin(
            device, and_(device.org_id == Appointment.org_id, device.id == Appointment.device_id)
        )
        .outerjoin(
            ClassSeat,
            and_(
                ClassSeat.org_id == Appointment.org_id,
                ClassSeat.holder_id == Appointment.id,
                ClassSeat.live,
            ),
        )
        .where(Appointment.org_id == org_id, Appointment.id == appointment_id)
    ).one()
    return VisitPlace(row.room, row.device, row.reason, row.session_id)
