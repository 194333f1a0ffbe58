"""Taking and freeing time. Occupancy is written here and nowhere else (SCH-05)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel import live
from app.kernel.db import table_of
from app.lib.ids import uuid7
from app.lib.intervals import Span
from app.scheduling.just_taken import tell_free, tell_taken
from app.scheduling.models import Occupancy, Resource
from app.scheduling.rules.walltime import from_datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """The time that a visit takes: the visit itself and its buffers in minutes."""

    visit_starts_at: dt.datetime
    visit_ends_at: dt.datetime
    before_min: int = 0
    after_min: int = 0

    @property
    def starts_at(self) -> dt.datetime:
        return self.visit_starts_at - dt.timedelta(minutes=self.before_min)

    @property
    def ends_at(self) -> dt.datetime:
        return self.visit_ends_at + dt.timedelta(minutes=self.after_min)


_TABLE = table_of(Occupancy)
_OCCUPY = insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id)


def occupy(
    session: Session,
    org_id: uuid.UUID,
    resource_id: uuid.UUID,
    number: int,
    taken: Taken,
    *,
    kind: str,
    reference_id: uuid.UUID | None,
    overbook_reason: str | None = None,
    reason: str | None = None,
) -> bool:
    """Take the time of a resource; False when somebody has it already.

    With `overbook_reason` it is taken on top of what is there (SCH-08): who gives one has checked the permission.
    `reason` says why a block stands.

    ON CONFLICT DO NOTHING over the exclusion constraint: a loser waits for the winner's commit and gets no row, without
    an error and without a deadlock (research: the plain form deadlocks under a herd).
    """
    session.flush()
    row = (
        session.connection()
        .execute(
            _OCCUPY,
            {
                "org_id": org_id,
                "id": uuid7(),
                "resource_id": resource_id,
                "resource_number": number,
                "starts_at": taken.starts_at,
                "ends_at": taken.ends_at,
                "visit_starts_at": taken.visit_starts_at,
                "visit_ends_at": taken.visit_ends_at,
                "kind": kind,
                "reference_id": reference_id,
                "overbook_reason": overbook_reason,
                "reason": reason,
            },
        )
        .scalar_one_or_none()
    )
    live.tell(session, org_id, live.AVAILABILITY)
    if row is not None:
        tell_taken(session, org_id, number, *_span(taken.starts_at, taken.ends_at))
    return row is not None


def _span(starts_at: dt.datetime, ends_at: dt.datetime) -> Span:
    return from_datetime(starts_at), from_datetime(ends_at)


def free(session: Session, org_id: uuid.UUID, reference_id: uuid.UUID) -> None:
    """Give back all time that a visit or a block holds; the rows stay as history."""
    freed = session.execute(
        update(Occupancy)
        .where(Occupancy.org_id == org_id, Occupancy.reference_id == reference_id, Occupancy.live)
        .values(live=False)
        .returning(Occupancy.resource_number, Occupancy.starts_at, Occupancy.ends_at)
    )
    for number, *taken in freed:
        tell_free(session, org_id, number, *_span(*taken))
    live.tell(session, org_id, live.AVAILABILITY)


def add_resource(
    session: Session,
    org_id: uuid.UUID,
    *,
    specialist_id: uuid.UUID | None = None,
    room_id: uuid.UUID | None = None,
) -> tuple[uuid.UUID, int]:
    """Make the time of a specialist or a room bookable; gives the resource's id and number."""
    row = session.execute(
        insert(Resource)
        .values(org_id=org_id, id=uuid7(), specialist_id=specialist_id, room_id=room_id)
        .returning(Resource.id, Resource.number)
    ).one()
    return row.id, row.number


def resource_of_room(
    session: Session, org_id: uuid.UUID, room_id: uuid.UUID
) -> tuple[uuid.UUID, int] | None:
    """The resource of a room."""
    row = session.execute(
        select(Resource.id, Resource.number).where(
            Resource.org_id == org_id, Resource.room_id == room_id
        )
    ).one_or_none()
    return None if row is None else (row.id, row.number)
