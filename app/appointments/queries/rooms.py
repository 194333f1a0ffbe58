"""Rooms and devices in the calendar: who is in them, as a column a room or one room over several dates (SCH-07)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from redis import Redis
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.queries.agenda import (
    AgendaEntry,
    Column,
    DayAgenda,
    Span,
    midnight,
    visits_between,
)
from app.kernel.tenancy.models import Location
from app.scheduling.holds import Holds
from app.scheduling.models import Resource, Room
from app.scheduling.rules.occupancy import Hold
from app.scheduling.rules.walltime import to_datetime


@dataclass(frozen=True, slots=True)
class Space:
    """A room or a device in use, and where it stands."""

    id: uuid.UUID
    name: str
    kind: str
    location_name: str
    resource: int


def spaces(
    session: Session, org_id: uuid.UUID, *, location_id: uuid.UUID | None = None
) -> list[Space]:
    """The rooms, then the devices, in use; by location and name."""
    query = (
        select(Room.id, Room.name, Room.kind, Location.name.label("place"), Resource.number)
        .join(Resource, and_(Resource.org_id == Room.org_id, Resource.room_id == Room.id))
        .join(Location, and_(Location.org_id == Room.org_id, Location.id == Room.location_id))
        .where(Room.org_id == org_id, Room.archived_at.is_(None))
        .order_by(Location.position, Location.name, Room.kind.desc(), Room.name, Room.id)
    )
    if location_id is not None:
        query = query.where(Room.location_id == location_id)
    return [Space(*row) for row in session.execute(query)]


def room_agendas(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    shown: Sequence[Space],
    first: dt.date,
    days: int,
    *,
    now: dt.datetime,
    time_zone: str,
    only_patients_of: uuid.UUID | None = None,
) -> tuple[DayAgenda, ...]:
    """`days` dates from `first` with a column for every space, whose time is always open."""
    dates = [first + dt.timedelta(offset) for offset in range(days)]
    midnights = [midnight(one, time_zone) for one in [*dates, first + dt.timedelta(days)]]
    ids = [one.id for one in shown]
    inside = or_(Appointment.room_id.in_(ids), Appointment.device_id.in_(ids))
    if only_patients_of is not None:
        inside = and_(inside, Appointment.specialist_id == only_patients_of)
    visits = visits_between(session, org_id, midnights[0], midnights[-1], inside)
    holds = Holds(redis, org_id).of([one.resource for one in shown], now)
    return tuple(
        DayAgenda(
            date,
            time_zone,
            tuple(_column(one, visits, holds.get(one.resource, ()), start, end) for one in shown),
        )
        for date, start, end in zip(dates, midnights, midnights[1:], strict=False)
    )


def _column(
    space: Space,
    visits: Sequence[AgendaEntry],
    holds: Sequence[Hold],
    since: dt.datetime,
    until: dt.datetime,
) -> Column:
    held = (Span(to_datetime(one.start), to_datetime(one.end)) for one in holds)
    return Column(
        space.id,
        space.name,
        space.location_name,
        0,
        (),
        tuple(one for one in held if one.starts_at < until and since < one.ends_at),
        (),
        tuple(
            one
            for one in visits
            if space.id in (one.room_id, one.device_id) and since <= one.starts_at < until
        ),
    )
