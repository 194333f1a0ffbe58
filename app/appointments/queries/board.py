"""Who waits and who is called, as a waiting-room screen may show it: initials, time, room, nothing else (APT-04)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment, WallScreen
from app.appointments.states import IN_PROGRESS, OPEN
from app.kernel.tenancy.models import Location
from app.kernel.tokens import hash_token
from app.lib.text import initials
from app.people.models import Patient
from app.scheduling.models import Room

# A call stays in sight for a while after the visit has begun, for who was away.
SHOWN_AFTER_START = dt.timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class OnBoard:
    """One line: somebody called (`called_at`), or waiting since their arrival."""

    id: uuid.UUID
    initials: str
    starts_at: dt.datetime
    arrived_at: dt.datetime
    called_at: dt.datetime | None
    room: str | None

    def late_min(self, now: dt.datetime) -> int:
        """How many minutes after the agreed time they still wait."""
        return max(0, int((now - self.starts_at).total_seconds()) // 60)


def screen_of(session: Session, org_id: uuid.UUID, token: str) -> WallScreen | None:
    """The open screen of an address."""
    return session.scalars(
        select(WallScreen).where(
            WallScreen.org_id == org_id,
            WallScreen.token_digest == hash_token(token),
            WallScreen.revoked_at.is_(None),
        )
    ).one_or_none()


def screens(session: Session, org_id: uuid.UUID) -> Sequence[tuple[WallScreen, str | None]]:
    """The open screens with the names of their locations, by name."""
    rows = session.execute(
        select(WallScreen, Location.name)
        .outerjoin(
            Location,
            and_(Location.org_id == WallScreen.org_id, Location.id == WallScreen.location_id),
        )
        .where(WallScreen.org_id == org_id, WallScreen.revoked_at.is_(None))
        .order_by(WallScreen.name, WallScreen.id)
    )
    return [(row[0], row[1]) for row in rows]


def on_board(
    session: Session,
    org_id: uuid.UUID,
    now: dt.datetime,
    time_zone: str,
    location_id: uuid.UUID | None = None,
) -> tuple[list[OnBoard], list[OnBoard]]:
    """Who is called, the last first, and who waits, by the agreed time; today on the clinic's clock."""
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    since = dt.datetime.combine(today, dt.time(), zone)
    until = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), zone)
    query = (
        select(
            Appointment.id,
            Patient.name,
            Appointment.starts_at,
            Appointment.checked_in_at,
            Appointment.called_at,
            Room.name.label("room"),
        )
        .join(
            Patient,
            and_(Patient.org_id == Appointment.org_id, Patient.id == Appointment.patient_id),
        )
        .outerjoin(
            Room,
            and_(Room.org_id == Appointment.org_id, Room.id == Appointment.called_room_id),
        )
        .where(
            Appointment.org_id == org_id,
            Appointment.starts_at >= since,
            Appointment.starts_at < until,
            Appointment.checked_in_at.is_not(None),
            Appointment.deleted_at.is_(None),
            or_(
                Appointment.state.in_(OPEN),
                and_(
                    Appointment.state == IN_PROGRESS,
                    Appointment.called_at.is_not(None),
                    Appointment.started_at > now - SHOWN_AFTER_START,
                ),
            ),
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )
    if location_id is not None:
        query = query.where(Appointment.location_id == location_id)
    lines = [
        OnBoard(
            row.id, initials(row.name), row.starts_at, row.checked_in_at, row.called_at, row.room
        )
        for row in session.execute(query)
    ]
    called = [one for one in lines if one.called_at is not None]
    called.sort(key=lambda one: one.called_at or now, reverse=True)
    return called, [one for one in lines if one.called_at is None]
