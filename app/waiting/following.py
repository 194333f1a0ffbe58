"""Places on the waiting list when two cards of one person are merged (BYD-09)."""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, Table, and_, or_, select


def waits_once(table: Table, patient_id: uuid.UUID) -> ColumnElement[bool]:
    """Places that the card `patient_id` may take over: nobody waits twice for one calendar."""
    own = table.alias("own")
    taken = select(own.c.id).where(
        own.c.org_id == table.c.org_id,
        own.c.patient_id == patient_id,
        own.c.calendar_id == table.c.calendar_id,
        own.c.state == "waiting",
    )
    return or_(table.c.state != "waiting", and_(table.c.state == "waiting", ~taken.exists()))
