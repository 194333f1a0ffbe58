"""Rooms and devices in the calendar: who is in them, as a column a room or one room over several dates (SCH-07)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from redis import Redis
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.queries.agenda import (
    AgendaEntry,
    Block,
    Column,
    DayAgenda,
    Span,
    blocks_of,
    open_hours,
    reaches_into,
    visits_touching,
)
from app.appointments.queries.day_statements import blocked
from app.kernel.tenancy.models import Location
from app.lib.intervals import Span as Minutes
from app.lib.intervals import intersect, merge
from app.people.models import Specialist
from app.scheduling.holds import Holds
from app.scheduling.models import Resource, Room
from app.scheduling.queries.calendars import Person
from app.scheduling.queries.slots import midnight
from app.scheduling.rules.occupancy import Hold
from app.scheduling.rules.walltime import from_datetime, to_datetime


@dataclass(frozen=True, slots=True)
class Space:
    """A room or a device in use, and where it stands."""

    id: uuid.UUID
    name: str
    kind: str
    location_name: str
    resource: int
    location_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Owners:
    """Whose time a calendar can show: specialists by name, then rooms and devices by location and name."""

    specialists: list[tuple[uuid.UUID, str]]
    spaces: list[Space]


def owners(session: Session, org_id: uuid.UUID, *, location_id: uuid.UUID | None = None) -> Owners:
    """All whose time can be taken, of one location or everywhere; in one statement."""
    place = func.coalesce(Specialist.location_id, Room.location_id)
    query = (
        select(
            Specialist.id.label("specialist_id"),
            Specialist.name.label("specialist_name"),
            Room.id.label("room_id"),
            Room.name,
            Room.kind,
            Room.location_id,
            func.coalesce(Location.name, "").label("place"),
            Resource.number,
        )
        .select_from(Resource)
        .outerjoin(
            Specialist,
            and_(
                Specialist.org_id == Resource.org_id,
                Specialist.id == Resource.specialist_id,
                Specialist.deleted_at.is_(None),
            ),
        )
        .outerjoin(
            Room,
            and_(
                Room.org_id == Resource.org_id,
                Room.id == Resource.room_id,
                Room.archived_at.is_(None),
            ),
        )
        .outerjoin(Location, and_(Location.org_id == Resource.org_id, Location.id == place))
        .where(Resource.org_id == org_id, or_(Specialist.id.is_not(None), Room.id.is_not(None)))
        .order_by(Specialist.name, Specialist.id, Location.position, Location.name)
        .order_by(Room.kind.desc(), Room.name, Room.id)
    )
    if location_id is not None:
        query = query.where(place == location_id)
    rows = session.execute(query).all()
    return Owners(
        [(row.specialist_id, row.specialist_name) for row in rows if row.specialist_id],
        [
            Space(row.room_id, row.name, row.kind, row.place, row.number, row.location_id)
            for row in rows
            if row.room_id
        ],
    )


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
    """`days` dates from `first` with a column for every space, open when somebody works at its location."""
    dates = [first + dt.timedelta(offset) for offset in range(days)]
    midnights = [midnight(one, time_zone) for one in [*dates, first + dt.timedelta(days)]]
    ids = [one.id for one in shown]
    inside = or_(Appointment.room_id.in_(ids), Appointment.device_id.in_(ids))
    if only_patients_of is not None:
        inside = and_(inside, Appointment.specialist_id == only_patients_of)
    visits = visits_touching(session, org_id, midnights[0], midnights[-1], inside)
    holds = Holds(redis, org_id).of([one.resource for one in shown], now)
    blocks = _blocks(session, org_id, ids, midnights[0], midnights[-1])
    hours = _hours(session, org_id, first, days, time_zone)
    return tuple(
        DayAgenda(
            date,
            time_zone,
            tuple(
                _column(
                    one,
                    visits,
                    holds.get(one.resource, ()),
                    blocks.get(one.id, ()),
                    _open_at(hours, one),
                    start,
                    end,
                )
                for one in shown
            ),
        )
        for date, start, end in zip(dates, midnights, midnights[1:], strict=False)
    )


def _blocks(
    session: Session,
    org_id: uuid.UUID,
    room_ids: Sequence[uuid.UUID],
    since: dt.datetime,
    until: dt.datetime,
) -> dict[uuid.UUID, tuple[Block, ...]]:
    rows = session.execute(
        select(Resource.room_id, blocked(since, until).label("blocks")).where(
            Resource.org_id == org_id, Resource.room_id.in_(room_ids)
        )
    )
    return {row.room_id: blocks_of(row.blocks) for row in rows}


Working: TypeAlias = Sequence[tuple[Person, Sequence[Minutes]]]


def _hours(
    session: Session, org_id: uuid.UUID, first: dt.date, days: int, time_zone: str
) -> Working:
    """Who works when, of those who see patients."""
    return [
        (one, hours)
        for one, hours in open_hours(session, org_id, first, days, time_zone)
        if one.active
    ]


def _open_at(working: Working, space: Space) -> list[Minutes]:
    """When somebody works at the location of the space; whoever has none works at all of them."""
    return merge(
        span
        for one, hours in working
        if one.location_id in (None, space.location_id)
        for span in hours
    )


def _column(
    space: Space,
    visits: Sequence[AgendaEntry],
    holds: Sequence[Hold],
    blocks: Sequence[Block],
    hours: Sequence[Minutes],
    since: dt.datetime,
    until: dt.datetime,
) -> Column:
    span = (from_datetime(since), from_datetime(until))
    held = (Span(to_datetime(one.start), to_datetime(one.end)) for one in holds)
    return Column(
        space.id,
        space.name,
        space.location_name,
        0,
        tuple(
            Span(to_datetime(start), to_datetime(end)) for start, end in intersect(hours, [span])
        ),
        tuple(one for one in held if one.starts_at < until and since < one.ends_at),
        (),
        tuple(
            one
            for one in visits
            if space.id in (one.room_id, one.device_id) and since <= one.starts_at < until
        ),
        (),
        tuple(one for one in blocks if one.starts_at < until and since < one.ends_at),
        tuple(
            one
            for one in visits
            if space.id in (one.room_id, one.device_id) and reaches_into(one, since)
        ),
    )
