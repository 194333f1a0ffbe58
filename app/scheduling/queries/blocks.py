"""One blocked time, with whose it is."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.lib.errors import NotFound
from app.people.models import Specialist
from app.scheduling.models import Occupancy, Resource, Room


@dataclass(frozen=True, slots=True)
class BlockView:
    """A time that is kept free of visits."""

    id: uuid.UUID
    owner_id: uuid.UUID
    owner_name: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    reason: str


def block_view(session: Session, org_id: uuid.UUID, block_id: uuid.UUID) -> BlockView:
    """The block, if it still stands. Raises NotFound."""
    row = session.execute(
        select(
            Occupancy.id,
            func.coalesce(Resource.specialist_id, Resource.room_id),
            func.coalesce(Specialist.name, Room.name, ""),
            Occupancy.starts_at,
            Occupancy.ends_at,
            func.coalesce(Occupancy.reason, ""),
        )
        .join(
            Resource,
            and_(Resource.org_id == Occupancy.org_id, Resource.id == Occupancy.resource_id),
        )
        .outerjoin(
            Specialist,
            and_(Specialist.org_id == Resource.org_id, Specialist.id == Resource.specialist_id),
        )
        .outerjoin(Room, and_(Room.org_id == Resource.org_id, Room.id == Resource.room_id))
        .where(
            Occupancy.org_id == org_id,
            Occupancy.id == block_id,
            Occupancy.kind == "block",
            Occupancy.live,
        )
    ).one_or_none()
    if row is None:
        raise NotFound("block_not_found")
    return BlockView(*row)
