"""Which forms a calendar asks for, and what all calendars of a service ask for."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.scheduling.models import Calendar, CalendarForm


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


@dataclass(frozen=True, slots=True)
class ServiceForms:
    """What the open calendars of a service ask for, each with its templates."""

    by_calendar: Mapping[uuid.UUID, frozenset[uuid.UUID]]

    @property
    def everywhere(self) -> frozenset[uuid.UUID]:
        """What each of them asks for: the forms of the service."""
        sets = list(self.by_calendar.values())
        return frozenset.intersection(*sets) if sets else frozenset()

    @property
    def somewhere(self) -> frozenset[uuid.UUID]:
        """What only some of them ask for."""
        return frozenset().union(*self.by_calendar.values()) - self.everywhere


def forms_of_service(session: Session, org_id: uuid.UUID, service_id: uuid.UUID) -> ServiceForms:
    """The forms of the open calendars of a service (CAT-01, FRM-05)."""
    rows = session.execute(
        select(Calendar.id, CalendarForm.template_id)
        .outerjoin(
            CalendarForm,
            and_(CalendarForm.org_id == Calendar.org_id, CalendarForm.calendar_id == Calendar.id),
        )
        .where(
            Calendar.org_id == org_id,
            Calendar.service_id == service_id,
            Calendar.archived_at.is_(None),
        )
    )
    found: dict[uuid.UUID, set[uuid.UUID]] = {}
    for calendar_id, template_id in rows:
        asked = found.setdefault(calendar_id, set())
        if template_id is not None:
            asked.add(template_id)
    return ServiceForms({one: frozenset(asked) for one, asked in found.items()})
