"""Another end for time that is taken already: the same resources, each with its buffer, under the same constraint."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.scheduling.actions.occupancy import Taken, free, occupy
from app.scheduling.models import Occupancy

MINUTE = dt.timedelta(minutes=1)


def stretch_time(
    session: Session, org_id: uuid.UUID, reference_id: uuid.UUID, visit_ends_at: dt.datetime
) -> bool:
    """Let all that a visit takes end then, buffers kept; False when one of its resources is taken by somebody else."""
    rows = session.scalars(
        select(Occupancy)
        .where(Occupancy.org_id == org_id, Occupancy.reference_id == reference_id, Occupancy.live)
        .order_by(Occupancy.id)
    ).all()
    free(session, org_id, reference_id)
    return all(
        occupy(
            session,
            org_id,
            row.resource_id,
            row.resource_number,
            Taken(
                row.visit_starts_at,
                visit_ends_at,
                (row.visit_starts_at - row.starts_at) // MINUTE,
                (row.ends_at - row.visit_ends_at) // MINUTE,
            ),
            kind=row.kind,
            reference_id=reference_id,
            overbook_reason=row.overbook_reason,
        )
        for row in rows
    )
