"""Which clinic is meant."""

from __future__ import annotations

import uuid

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from app.kernel.tenancy.models import Location, Organization

# Asked by every request, so built once.
_BY_SLUG = text("SELECT clinic_by_slug(:slug)")
_CLINIC = select(Organization).where(Organization.id == bindparam("org_id"))


def clinic_id_by_slug(session: Session, slug: str) -> uuid.UUID | None:
    """The active clinic with this short name; a draft clinic does not exist for the public."""
    found: uuid.UUID | None = session.execute(_BY_SLUG, {"slug": slug}).scalar_one()
    return found


def clinic(session: Session, org_id: uuid.UUID) -> Organization:
    """The clinic of the scope. Raises NoResultFound for another one."""
    return session.scalars(_CLINIC, {"org_id": org_id}).one()


def open_locations(session: Session, org_id: uuid.UUID) -> list[Location]:
    """Where the clinic works now, in its own order."""
    return list(
        session.scalars(
            select(Location)
            .where(Location.org_id == org_id, Location.closed_at.is_(None))
            .order_by(Location.position, Location.name)
        )
    )
