"""Rooms and devices, whose time can be taken (SCH-07)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import func, insert, select, true, update
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.tenancy.models import Location
from app.lib.errors import Conflict, Invalid, NotFound
from app.lib.ids import uuid7
from app.lib.text import bounded_line
from app.scheduling.actions.occupancy import add_resource
from app.scheduling.models import Occupancy, Resource, Room

KINDS = ("room", "device")
NAME_LIMIT = 80


def add_room(
    session: Session,
    actor: Actor,
    location_id: uuid.UUID,
    name: str,
    *,
    kind: str = "room",
    now: dt.datetime,
) -> uuid.UUID:
    """A room or device of a location, with its bookable time. Raises Invalid `room_exists`, NotFound."""
    checked = _checked(name, kind)
    place = select(Location.id).where(
        Location.org_id == actor.clinic, Location.id == location_id, Location.closed_at.is_(None)
    )
    if session.scalar(place.with_for_update()) is None:
        raise NotFound("location_not_found")
    if _named(session, actor.clinic, location_id, checked):
        raise Invalid.one("name", "room_exists")
    room_id = uuid7()
    session.execute(
        insert(Room).values(
            org_id=actor.clinic,
            id=room_id,
            location_id=location_id,
            name=checked,
            kind=kind,
            created_at=now,
        )
    )
    add_resource(session, actor.clinic, room_id=room_id)
    after = {"name": checked, "kind": kind, "location_id": str(location_id)}
    record(session, actor, "schedule.add_room", "room", room_id, at=now, after=after)
    return room_id


def change_room(
    session: Session, actor: Actor, room_id: uuid.UUID, name: str, kind: str, *, now: dt.datetime
) -> None:
    """Give a room another name or kind. Raises Invalid `room_exists`, NotFound."""
    checked = _checked(name, kind)
    room = _locked(session, actor.clinic, room_id)
    if room.archived_at is None and _named(
        session, room.org_id, room.location_id, checked, room_id
    ):
        raise Invalid.one("name", "room_exists")
    before = {"name": room.name, "kind": room.kind}
    room.name, room.kind = checked, kind
    session.flush()
    after = {"name": checked, "kind": kind}
    record(
        session, actor, "schedule.change_room", "room", room_id, at=now, before=before, after=after
    )


def archive_room(session: Session, actor: Actor, room_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Take a room out of use. Raises Conflict while coming visits have it, or when it is out of use already."""
    room = _locked(session, actor.clinic, room_id)
    if room.archived_at is not None:
        raise Conflict("changed_meanwhile")
    coming = select(Occupancy.id).join(
        Resource, (Resource.org_id == Occupancy.org_id) & (Resource.id == Occupancy.resource_id)
    )
    taken = coming.where(
        Resource.org_id == actor.clinic,
        Resource.room_id == room_id,
        Occupancy.live,
        Occupancy.ends_at > now,
    )
    if session.execute(taken.limit(1)).first() is not None:
        raise Conflict("room_in_use")
    room.archived_at = now
    session.flush()
    record(session, actor, "schedule.archive_room", "room", room_id, at=now)


def restore_room(session: Session, actor: Actor, room_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Take a room into use again. Raises Conflict `room_exists` where another has its name by now, NotFound."""
    room = _locked(session, actor.clinic, room_id)
    if _named(session, room.org_id, room.location_id, room.name, room_id):
        raise Conflict("room_exists")
    session.execute(
        update(Room).where(Room.org_id == actor.clinic, Room.id == room_id).values(archived_at=None)
    )
    record(session, actor, "schedule.restore_room", "room", room_id, at=now)


def _checked(name: str, kind: str) -> str:
    if kind not in KINDS:
        raise Invalid.one("kind", "unknown_choice")
    return bounded_line(name, "name", limit=NAME_LIMIT)


def _named(
    session: Session,
    org_id: uuid.UUID,
    location_id: uuid.UUID,
    name: str,
    besides: uuid.UUID | None = None,
) -> bool:
    """Whether a room or device in use there has that name, however it is written large or small."""
    others = select(Room.id).where(
        Room.org_id == org_id,
        Room.location_id == location_id,
        Room.archived_at.is_(None),
        func.lower(Room.name) == func.lower(name),
        Room.id != besides if besides is not None else true(),
    )
    return session.scalar(others.limit(1)) is not None


def _locked(session: Session, org_id: uuid.UUID, room_id: uuid.UUID) -> Room:
    """The room; nobody else changes a room of its location meanwhile."""
    found = session.scalars(
        select(Room)
        .join(Location, (Location.org_id == Room.org_id) & (Location.id == Room.location_id))
        .where(Room.org_id == org_id, Room.id == room_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("room_not_found")
    return found
