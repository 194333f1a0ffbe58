"""Which clinic is meant."""

from __future__ import annotations

import uuid

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kernel.tenancy.models import Location

_BY_SLUG = text("SELECT clinic_by_slug(:slug)")


def clinic_id_by_slug(session: Session, slug: str) -> uuid.UUID | None:
    """The active clinic with this short name; a draft clinic does not exist for the public."""
    found: uuid.UUID | None = session.execute(_BY_SLUG, {"slug": slug}).scalar_one()
    return found


def open_locations(session: Session, org_id: uuid.UUID) -> list[Location]:
    """Where the clinic works now, in its own order."""
    return list(
        session.scalars(
            select(Location)
            .where(Location.org_id == org_id, Location.closed_at.is_(None))
            .order_by(Location.position, Location.name)
        )
    )
