"""A new provider of care."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.ids import uuid7
from app.people.models import Specialist


@dataclass(frozen=True, slots=True)
class SpecialistDraft:
    """A provider of care as somebody describes them. An empty time zone: not publicly bookable (SPC-04)."""

    slug: str
    name: str
    title: str = ""
    bio: Mapping[str, str] = field(default_factory=dict)
    email: str | None = None
    phone: str | None = None
    time_zone: str | None = None
    location_id: uuid.UUID | None = None
    color: int = 0
    human_id: uuid.UUID | None = None


def add_specialist(
    session: Session, actor: Actor, draft: SpecialistDraft, *, now: dt.datetime
) -> uuid.UUID:
    """A new specialist profile; whose time it is becomes bookable through scheduling.add_resource."""
    specialist_id = uuid7()
    session.execute(
        insert(Specialist).values(
            org_id=actor.clinic, id=specialist_id, created_at=now, **asdict(draft)
        )
    )
    record(session, actor, "specialists.add", "specialist", specialist_id, at=now)
    return specialist_id
