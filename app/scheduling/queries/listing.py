"""Calendars, rooms and locations as the clinic's own lists and pages show them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.models import Service, ServiceSpecialist
from app.kernel.tenancy.models import Location
from app.lib.slugs import free_slug, slug_of
from app.people.models import Specialist
from app.scheduling.models import Calendar, CalendarSpecialist, Room


@dataclass(frozen=True, slots=True)
class CalendarLine:
    """A calendar in a list; empty figures fall back to the service's. `people` counts those who can be booked in it."""

    id: uuid.UUID
    slug: str
    names: dict[str, str]
    service_id: uuid.UUID
    service_names: dict[str, str]
    modality: str
    strategy: str
    public: bool
    duration_min: int
    price_minor: int
    currency: str
    own_hours: bool
    archived_at: dt.datetime | None
    service_archived: bool
    people: int

    @property
    def title(self) -> dict[str, str]:
        """Its own name where it has one, else the service's."""
        return self.names or self.service_names


def calendar_lines(
    session: Session, org_id: uuid.UUID, service_id: uuid.UUID | None = None
) -> list[CalendarLine]:
    """All calendars, or those of one service: open ones first, in the order of the services."""
    people = (
        select(func.count())
        .select_from(CalendarSpecialist)
        .join(
            ServiceSpecialist,
            (ServiceSpecialist.org_id == CalendarSpecialist.org_id)
            & (ServiceSpecialist.specialist_id == CalendarSpecialist.specialist_id),
        )
        .join(
            Specialist,
            (Specialist.org_id == CalendarSpecialist.org_id)
            & (Specialist.id == CalendarSpecialist.specialist_id),
        )
        .where(
            CalendarSpecialist.org_id == Calendar.org_id,
            CalendarSpecialist.calendar_id == Calendar.id,
            ServiceSpecialist.service_id == Calendar.service_id,
            Specialist.active,
            Specialist.deleted_at.is_(None),
            func.coalesce(Specialist.time_zone, "") != "",
        )
        .scalar_subquery()
    )
    query = (
        select(
            Calendar.id,
            Calendar.slug,
            Calendar.names,
            Calendar.service_id,
            Service.names.label("service_names"),
            Calendar.modality,
            Calendar.strategy,
            (Calendar.public & Service.public).label("public"),
            func.coalesce(Calendar.duration_min, Service.duration_min).label("duration_min"),
            func.coalesce(Calendar.price_minor, Service.price_minor).label("price_minor"),
            Service.currency,
            Calendar.hours.is_not(None).label("own_hours"),
            Calendar.archived_at,
            Service.archived_at.is_not(None).label("service_archived"),
            people.label("people"),
        )
        .join(Service, (Service.org_id == Calendar.org_id) & (Service.id == Calendar.service_id))
        .where(Calendar.org_id == org_id)
        .order_by(Calendar.archived_at.is_not(None), Service.position, Service.slug, Calendar.slug)
    )
    if service_id is not None:
        query = query.where(Calendar.service_id == service_id)
    return [CalendarLine(*row) for row in session.execute(query)]


def room_choices(
    session: Session, org_id: uuid.UUID, location_id: uuid.UUID | None
) -> list[tuple[uuid.UUID, str]]:
    """The open rooms of a location, or of all, by name."""
    query = (
        select(Room.id, Room.name)
        .where(Room.org_id == org_id, Room.kind == "room", Room.archived_at.is_(None))
        .order_by(Room.name, Room.id)
    )
    if location_id is not None:
        query = query.where(Room.location_id == location_id)
    return [(row.id, row.name) for row in session.execute(query)]


def calendar_counts(session: Session, org_id: uuid.UUID) -> dict[uuid.UUID, int]:
    """How many open calendars each service has; who has none is left out."""
    rows = session.execute(
        select(Calendar.service_id, func.count())
        .where(Calendar.org_id == org_id, Calendar.archived_at.is_(None))
        .group_by(Calendar.service_id)
    )
    return {row[0]: row[1] for row in rows}


def new_calendar_slug(session: Session, org_id: uuid.UUID, names: Mapping[str, str]) -> str:
    """The address that a new calendar of those names gets."""
    taken = session.scalars(select(Calendar.slug).where(Calendar.org_id == org_id))
    return free_slug(slug_of(next(iter(names.values()), ""), "calendar"), set(taken))


@dataclass(frozen=True, slots=True)
class RoomLine:
    """A room or device."""

    id: uuid.UUID
    name: str
    kind: str
    archived_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """A location with its rooms; `specialists` counts the active ones who work there."""

    id: uuid.UUID
    name: str
    address: str
    city: str
    phone: str | None
    time_zone: str
    closed_at: dt.datetime | None
    specialists: int
    rooms: tuple[RoomLine, ...]


def places(session: Session, org_id: uuid.UUID) -> list[Place]:
    """All locations with their rooms, open ones first."""
    specialists = (
        select(func.count())
        .select_from(Specialist)
        .where(
            Specialist.org_id == Location.org_id,
            Specialist.location_id == Location.id,
            Specialist.active,
            Specialist.deleted_at.is_(None),
        )
        .scalar_subquery()
    )
    rows: Any = session.execute(
        select(
            Location.id,
            Location.name,
            Location.address,
            Location.city,
            Location.phone,
            Location.time_zone,
            Location.closed_at,
            specialists.label("specialists"),
        )
        .where(Location.org_id == org_id)
        .order_by(Location.closed_at.is_not(None), Location.position, Location.name)
    )
    rooms = _rooms(session, org_id)
    return [Place(*(*row, tuple(rooms.get(row.id, ())))) for row in rows]


def _rooms(session: Session, org_id: uuid.UUID) -> dict[uuid.UUID, list[RoomLine]]:
    found: dict[uuid.UUID, list[RoomLine]] = defaultdict(list)
    rows: Any = session.execute(
        select(Room.location_id, Room.id, Room.name, Room.kind, Room.archived_at)
        .where(Room.org_id == org_id)
        .order_by(Room.archived_at.is_not(None), Room.name)
    )
    for location_id, *room in rows:
        found[location_id].append(RoomLine(*room))
    return found
