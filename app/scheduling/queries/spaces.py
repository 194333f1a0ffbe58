"""Rooms and devices that a service needs: the pools of which one must be free, as the rules want them (SCH-07)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from app.catalog.models import Service
from app.kernel.tenancy.models import Location
from app.lib.errors import NotFound
from app.scheduling.holds import Holds
from app.scheduling.models import Resource, Room, ServiceSpace
from app.scheduling.queries.calendars import CalendarView
from app.scheduling.queries.ignoring import Ignoring
from app.scheduling.queries.taken import footprints
from app.scheduling.rules.occupancy import NOTHING, Pool
from app.scheduling.rules.occupancy import Resource as PoolResource

ROOM, DEVICE = "room", "device"


@dataclass(frozen=True, slots=True)
class Space:
    """A room or a device that will do for a service. `resource` is the number that the overlap constraint knows."""

    id: uuid.UUID
    kind: str
    name: str
    location_id: uuid.UUID
    resource_id: uuid.UUID
    resource: int


@dataclass(frozen=True, slots=True)
class SpaceLine:
    """A room or a device in a list."""

    id: uuid.UUID
    kind: str
    name: str
    location: str
    archived_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Needs:
    """What a service needs beside its specialist; no chosen rooms mean any at the specialist's location."""

    room: bool
    device: bool
    space_ids: frozenset[uuid.UUID]


def spaces_of(
    session: Session, org_id: uuid.UUID, service_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, list[Space]]:
    """By service, the open rooms and devices that will do, by name; in one statement, in none for no services."""
    if not service_ids:
        return {}
    chosen = (
        select(ServiceSpace.id)
        .join(Room, and_(Room.org_id == ServiceSpace.org_id, Room.id == ServiceSpace.room_id))
        .where(ServiceSpace.org_id == Service.org_id, ServiceSpace.service_id == Service.id)
        .correlate(Service)
    )
    this = (
        select(ServiceSpace.id)
        .where(
            ServiceSpace.org_id == Service.org_id,
            ServiceSpace.service_id == Service.id,
            ServiceSpace.room_id == Room.id,
        )
        .correlate(Service, Room)
        .exists()
    )
    any_room = and_(Room.kind == ROOM, ~chosen.where(Room.kind == ROOM).exists())
    rows: Any = session.execute(
        select(
            Service.id.label("service_id"),
            Room.id,
            Room.kind,
            Room.name,
            Room.location_id,
            Resource.id.label("resource_id"),
            Resource.number,
        )
        .join(Room, Room.org_id == Service.org_id)
        .join(Resource, and_(Resource.org_id == Room.org_id, Resource.room_id == Room.id))
        .where(
            Service.org_id == org_id,
            Service.id.in_(service_ids),
            Room.archived_at.is_(None),
            or_(
                and_(Service.needs_room, Room.kind == ROOM, or_(any_room, this)),
                and_(Service.needs_device, Room.kind == DEVICE, this),
            ),
        )
        .order_by(Room.name, Room.id)
    )
    found: dict[uuid.UUID, list[Space]] = defaultdict(list)
    for service_id, *space in rows:
        found[service_id].append(Space(*space))
    return found


def pools_of(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendars: Sequence[CalendarView],
    now: dt.datetime,
    since: dt.datetime,
    until: dt.datetime,
    ignoring: Ignoring = None,
) -> dict[uuid.UUID, tuple[Pool, ...]]:
    """The pools of each calendar that needs any, taken time and holds included. `ignoring`: visits being moved."""
    needing = [one for one in calendars if one.needs]
    found = spaces_of(session, org_id, {one.service_id for one in needing})
    everything = {space.id: space for spaces in found.values() for space in spaces}
    if not needing:
        return {}
    # Before taken time, as for people: what is no longer kept may be booked, and is seen then.
    holds = Holds(redis, org_id).of([one.resource for one in everything.values()], now)
    resource_ids = [one.resource_id for one in everything.values()]
    taken = footprints(session, org_id, resource_ids, since, until, ignoring)
    resources = {
        one.id: PoolResource(
            str(one.id),
            holds=holds.get(one.resource, ()),
            site=str(one.location_id),
            name=one.name,
            footprints=taken.get(one.resource_id, NOTHING),
        )
        for one in everything.values()
    }
    return {
        calendar.id: tuple(
            Pool(
                kind,
                tuple(
                    resources[one.id]
                    for one in found.get(calendar.service_id, ())
                    if one.kind == kind
                ),
            )
            for kind in calendar.needs
        )
        for calendar in needing
    }


def needs_of(session: Session, org_id: uuid.UUID, service_id: uuid.UUID) -> Needs:
    """What a service needs, as its page shows it; in one statement. Raises NotFound."""
    chosen = (
        select(func.array_agg(ServiceSpace.room_id))
        .where(ServiceSpace.org_id == Service.org_id, ServiceSpace.service_id == Service.id)
        .correlate(Service)
        .scalar_subquery()
    )
    row = session.execute(
        select(Service.needs_room, Service.needs_device, chosen.label("space_ids")).where(
            Service.org_id == org_id, Service.id == service_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound("service_not_found")
    return Needs(row.needs_room, row.needs_device, frozenset(row.space_ids or ()))


def all_spaces(session: Session, org_id: uuid.UUID) -> list[SpaceLine]:
    """Every room and device of the clinic's open locations, by location and name."""
    rows: Any = session.execute(
        select(Room.id, Room.kind, Room.name, Location.name.label("location"), Room.archived_at)
        .join(Location, and_(Location.org_id == Room.org_id, Location.id == Room.location_id))
        .where(Room.org_id == org_id, Location.closed_at.is_(None))
        .order_by(Location.position, Location.name, Room.name, Room.id)
    )
    return [SpaceLine(*row) for row in rows]
