"""Time that the desk keeps free of visits, of a specialist, a room or a device; under the same constraint as visits."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, Invalid, NotFound
from app.lib.ids import uuid7
from app.lib.text import clean_line
from app.scheduling.actions.occupancy import Taken, free, occupy
from app.scheduling.models import Occupancy, Resource

LONGEST = dt.timedelta(hours=24)
LONGEST_REASON = 120


def block(
    session: Session,
    actor: Actor,
    owner_id: uuid.UUID,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    reason: str,
    *,
    now: dt.datetime,
) -> uuid.UUID:
    """Keep a time of a specialist, a room or a device (`owner_id`) free of visits; gives the block's id.

    Raises Invalid `block_order`, NotFound for an owner that has no time, Conflict `block_taken` where something stands.
    """
    if not starts_at < ends_at <= starts_at + LONGEST:
        raise Invalid.one("until", "block_order")
    resource = session.execute(
        select(Resource.id, Resource.number).where(
            Resource.org_id == actor.clinic,
            or_(Resource.specialist_id == owner_id, Resource.room_id == owner_id),
        )
    ).one_or_none()
    if resource is None:
        raise NotFound("block_not_found")
    reference, said = uuid7(), clean_line(reason)[:LONGEST_REASON]
    taken = Taken(starts_at, ends_at)
    if not occupy(
        session,
        actor.clinic,
        resource.id,
        resource.number,
        taken,
        kind="block",
        reference_id=reference,
        reason=said or None,
    ):
        raise Conflict("block_taken")
    row = session.scalars(
        select(Occupancy.id).where(
            Occupancy.org_id == actor.clinic, Occupancy.reference_id == reference
        )
    ).one()
    record(
        session,
        actor,
        "schedule.block",
        "block",
        row,
        at=now,
        after={"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()},
        reason=said or None,
    )
    return row


def unblock(session: Session, actor: Actor, block_id: uuid.UUID, *, now: dt.datetime) -> Occupancy:
    """Give a blocked time back. Raises NotFound for one that is not blocked any more."""
    found = session.scalars(
        select(Occupancy)
        .where(
            Occupancy.org_id == actor.clinic,
            Occupancy.id == block_id,
            Occupancy.kind == "block",
            Occupancy.live,
        )
        .with_for_update()
    ).one_or_none()
    if found is None or found.reference_id is None:
        raise NotFound("block_not_found")
    free(session, actor.clinic, found.reference_id)
    record(
        session,
        actor,
        "schedule.unblock",
        "block",
        block_id,
        at=now,
        before={"starts_at": found.starts_at.isoformat(), "ends_at": found.ends_at.isoformat()},
        reason=found.reason,
    )
    return found
