"""Which forms a calendar asks for."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.scheduling.models import CalendarForm


def asked_templates(
    session: Session, org_id: uuid.UUID, calendar_id: uuid.UUID
) -> frozenset[uuid.UUID]:
    """The templates of the forms that whoever books the calendar is asked to fill in."""
    return frozenset(
        session.scalars(
            select(CalendarForm.template_id).where(
                CalendarForm.org_id == org_id, CalendarForm.calendar_id == calendar_id
            )
        )
    )
