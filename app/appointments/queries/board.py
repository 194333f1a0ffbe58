"""Waiting-room screens and who stands on them: no more is read than they may show (APT-04)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment, WallScreen
from app.appointments.queries.beside import ITS_PATIENT, THE_CALLED_ROOM
from app.appointments.rules.board import Arrived, Board, board
from app.appointments.states import IN_PROGRESS, OPEN
from app.kernel.tenancy.models import Location
from app.kernel.tokens import hash_token
from app.lib.errors import NotFound
from app.people.models import Patient
from app.scheduling.models import Room


def screen_of(session: Session, org_id: uuid.UUID, token: str) -> WallScreen | None:
    """The open screen of an address."""
    return session.scalars(
        select(WallScreen).where(
            WallScreen.org_id == org_id,
            WallScreen.token_digest == hash_token(token),
            WallScreen.revoked_at.is_(None),
        )
    ).one_or_none()


def screen_or_404(session: Session, org_id: uuid.UUID, screen_id: uuid.UUID) -> WallScreen:
    """An open screen of the clinic. Raises NotFound."""
    found = session.get(WallScreen, (org_id, screen_id))
    if found is None or found.revoked_at is not None:
        raise NotFound("screen_not_found")
    return found


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


def shows_codes(session: Session, org_id: uuid.UUID) -> bool:
    """Whether some screen shows codes, so that who arrives must be told theirs."""
    wanted = exists().where(
        WallScreen.org_id == org_id, WallScreen.shows == "code", WallScreen.revoked_at.is_(None)
    )
    return bool(session.scalar(select(wanted)))


def on_board(
    session: Session,
    org_id: uuid.UUID,
    now: dt.datetime,
    time_zone: str,
    location_id: uuid.UUID | None = None,
) -> Board:
    """Who has arrived today on the clinic's clock and comes in person; of one location or all."""
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    since = dt.datetime.combine(today, dt.time(), zone)
    until = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), zone)
    query = (
        select(
            Appointment.id,
            Patient.name,
            Appointment.reference,
            Appointment.starts_at,
            Appointment.called_at,
            Appointment.started_at,
            Room.name.label("room"),
        )
        .join(Patient, ITS_PATIENT)
        .outerjoin(Room, THE_CALLED_ROOM)
        .where(
            Appointment.org_id == org_id,
            Appointment.starts_at >= since,
            Appointment.starts_at < until,
            Appointment.state.in_((*OPEN, IN_PROGRESS)),
            Appointment.checked_in_at.is_not(None),
            Appointment.modality != "video",
            Appointment.deleted_at.is_(None),
        )
    )
    if location_id is not None:
        query = query.where(Appointment.location_id == location_id)
    return board([Arrived(str(row[0]), *row[1:]) for row in session.execute(query)], now)
