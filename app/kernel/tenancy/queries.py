"""Which clinic is meant."""

from __future__ import annotations

import uuid

from sqlalchemy import text
from sqlalchemy.orm import Session


def clinic_id_by_slug(session: Session, slug: str) -> uuid.UUID | None:
    """The active clinic with this short name; a draft clinic does not exist for the public."""
    found: uuid.UUID | None = session.execute(
        text("SELECT clinic_by_slug(:slug)"), {"slug": slug}
    ).scalar_one()
    return found
