"""What a clinic offers to the public: every calendar with its people and where it stands on the page."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.catalog.models import Service
from app.scheduling.models import Calendar
from app.scheduling.queries.calendars import CalendarView
from app.scheduling.queries.definitions import people_of, view_of


@dataclass(frozen=True, slots=True)
class PublicCalendar:
    """A calendar as the clinic's page shows it."""

    view: CalendarView
    kind: str
    descriptions: dict[str, str]


def public_calendars(session: Session, org_id: uuid.UUID) -> list[PublicCalendar]:
    """Calendars that somebody can book, in the clinic's order; without a bookable specialist there is none."""
    rows = session.execute(
        select(Calendar, Service)
        .join(Service, and_(Service.org_id == Calendar.org_id, Service.id == Calendar.service_id))
        .where(
            Calendar.org_id == org_id,
            Calendar.public,
            Service.public,
            Calendar.archived_at.is_(None),
            Service.archived_at.is_(None),
        )
        .order_by(Service.position, Service.slug, Calendar.slug)
    ).all()
    people = people_of(session, org_id, [calendar.id for calendar, _ in rows])
    offered = [
        PublicCalendar(
            view_of(calendar, service, people.get(calendar.id, ())),
            service.kind,
            service.descriptions,
        )
        for calendar, service in rows
    ]
    return [one for one in offered if one.view.public_people]
