"""What the desk asks before it books: everything bookable, and one start looked at from all sides."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from redis import Redis
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.catalog.models import Service, ServiceSpecialist
from app.people.models import Specialist
from app.scheduling.models import Calendar, CalendarSpecialist
from app.scheduling.queries.asker import Asker
from app.scheduling.queries.calendars import CalendarView
from app.scheduling.queries.serving import pools_around, serving
from app.scheduling.queries.slots import Found, Slot, chosen
from app.scheduling.rules.refusals import Refusal, why_each
from app.scheduling.rules.walltime import from_datetime


@dataclass(frozen=True, slots=True)
class DeskCalendar:
    """A calendar as staff choose it, public or not."""

    id: uuid.UUID
    names: dict[str, str]
    service_names: dict[str, str]
    duration_min: int
    price_minor: int
    currency: str
    specialist_ids: tuple[uuid.UUID, ...]

    @property
    def title(self) -> dict[str, str]:
        """The calendar's own name where it has one, else the service's."""
        return self.names or self.service_names


def desk_calendars(session: Session, org_id: uuid.UUID) -> list[DeskCalendar]:
    """All calendars that somebody active serves, in the clinic's order; one statement."""
    served_by = func.array_agg(Specialist.id)
    rows = session.execute(
        select(
            Calendar.id,
            Calendar.names,
            Service.names.label("service_names"),
            func.coalesce(Calendar.duration_min, Service.duration_min).label("duration_min"),
            func.coalesce(Calendar.price_minor, Service.price_minor).label("price_minor"),
            Service.currency,
            served_by.label("specialist_ids"),
        )
        .join(Service, and_(Service.org_id == Calendar.org_id, Service.id == Calendar.service_id))
        .join(
            CalendarSpecialist,
            and_(
                CalendarSpecialist.org_id == Calendar.org_id,
                CalendarSpecialist.calendar_id == Calendar.id,
            ),
        )
        .join(
            ServiceSpecialist,
            and_(
                ServiceSpecialist.org_id == Calendar.org_id,
                ServiceSpecialist.service_id == Calendar.service_id,
                ServiceSpecialist.specialist_id == CalendarSpecialist.specialist_id,
            ),
        )
        .join(
            Specialist,
            and_(
                Specialist.org_id == Calendar.org_id,
                Specialist.id == CalendarSpecialist.specialist_id,
            ),
        )
        .where(
            Calendar.org_id == org_id,
            Calendar.archived_at.is_(None),
            Service.archived_at.is_(None),
            Specialist.active,
            Specialist.deleted_at.is_(None),
        )
        .group_by(Calendar.org_id, Calendar.id, Service.org_id, Service.id)
        .order_by(Service.position, Service.slug, Calendar.slug)
    )
    return [
        DeskCalendar(
            row.id,
            row.names,
            row.service_names,
            row.duration_min,
            row.price_minor,
            row.currency,
            tuple(row.specialist_ids),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Outlook:
    """One start: with whom it is free, why not with the others, and the nearest free starts."""

    free: tuple[uuid.UUID, ...]
    refusals: dict[str, tuple[Refusal, ...]]
    nearest: tuple[Slot, ...]


def outlook(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    asker: Asker,
    start: dt.datetime,
    *,
    specialist_id: uuid.UUID | None = None,
    ignoring: uuid.UUID | None = None,
    within_days: int = 21,
    count: int = 6,
) -> Outlook:
    """Listing, acceptance and reasons of one start from one reading of the schedule (BYD-01).

    `ignoring` is a visit being moved. The nearest starts are at or after `start`, never before now.
    """
    people = [one for one in chosen(calendar.people, specialist_id) if one.active]
    since, until = max(start, asker.now), start + dt.timedelta(days=within_days)
    specialists = serving(
        session, redis, org_id, calendar, people, asker, min(start, since), until, ignoring
    )
    span = (from_datetime(since), max(from_datetime(until), from_datetime(since)))
    pools = pools_around(
        session, redis, org_id, calendar, asker, min(start, since), until, ignoring
    )
    found = Found.of(calendar, asker, specialists, span, pools)
    refusals = why_each(found.offer, specialists, from_datetime(start), asker.asking, pools)
    return Outlook(
        free=tuple(one.id for one in people if str(one.id) not in refusals),
        refusals=refusals,
        nearest=tuple(found.slots(count)),
    )
