"""A calendar with its service and people, as the rules want them: plain values in minutes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, func, select, text
from sqlalchemy.orm import Session

from app.catalog.models import Service, ServiceSpecialist
from app.catalog.terms import Terms, in_force
from app.kernel.tenancy.models import Location
from app.lib.errors import NotFound
from app.people.models import Specialist as SpecialistRow
from app.people.specialists.licences import licensed
from app.scheduling.models import (
    Calendar,
    CalendarSpecialist,
    DateOverride,
    Resource,
    WeeklyHours,
)
from app.scheduling.rules.assignment import Strategy
from app.scheduling.rules.hours import Layers, Mode, Override, Schedule, Window
from app.scheduling.rules.occupancy import Busy
from app.scheduling.rules.offer import Horizon, Offer
from app.scheduling.rules.weeks import Week, stored_week

STRATEGIES = {
    "round_robin": Strategy.ROUND_ROBIN,
    "priority": Strategy.PRIORITY,
    "choice": Strategy.PATIENT_CHOICE,
}


@dataclass(frozen=True, slots=True)
class Person:
    """A specialist who serves a calendar. `resource` is the number that the overlap constraint knows."""

    id: uuid.UUID
    name: str
    title: str
    slug: str
    color: int
    active: bool
    time_zone: str
    location_id: uuid.UUID | None
    priority: int
    resource: int
    resource_id: uuid.UUID
    location_name: str | None = None
    weeks: tuple[Week, ...] = ()

    def layers(self, own: Schedule) -> Layers:
        """The person's hours as the calendar has them: their own, the calendar's, their own in that calendar.

        `weeks` holds the latter two, least specific first, each in the person's zone (SCH-01).
        """
        return (own, *(Schedule(self.time_zone, week) for week in self.weeks))


@dataclass(frozen=True, slots=True)
class CalendarView:
    """A bookable calendar: what it offers and who serves it; `needs` names the kinds of spaces that a visit takes."""

    id: uuid.UUID
    slug: str
    names: dict[str, str]
    service_id: uuid.UUID
    service_names: dict[str, str]
    modality: str
    strategy: Strategy
    offer: Offer
    price_minor: int
    currency: str
    terms: Terms
    people: tuple[Person, ...]
    needs: tuple[str, ...] = ()

    @property
    def title(self) -> dict[str, str]:
        """The calendar's own name where it has one, else the service's."""
        return self.names or self.service_names

    @property
    def cancel_notice_min(self) -> int:
        """How long before its start a visit is changed free of charge."""
        return self.terms.notice_min

    @property
    def public_people(self) -> tuple[Person, ...]:
        """Those whom the public may book: active, with a time zone (SPC-04)."""
        return tuple(one for one in self.people if one.active and one.time_zone)

    def at(self, location_id: uuid.UUID | None) -> CalendarView:
        """The same calendar with those only who work at that location."""
        there = tuple(one for one in self.people if one.location_id == location_id)
        return replace(self, people=there)

    def person(self, specialist_id: uuid.UUID) -> Person:
        """One of its people. Raises NotFound."""
        for one in self.people:
            if one.id == specialist_id:
                return one
        raise NotFound("specialist_not_in_calendar")


@lru_cache
def _calendar_query(by_slug: bool, public_only: bool) -> Select[Calendar, Service]:
    """Building a statement costs more than running it, so each form is built once."""
    which = (
        Calendar.slug == bindparam("slug") if by_slug else Calendar.id == bindparam("calendar_id")
    )
    query = (
        select(Calendar, Service)
        .join(Service, and_(Service.org_id == Calendar.org_id, Service.id == Calendar.service_id))
        .where(
            Calendar.org_id == bindparam("org_id"),
            which,
            Calendar.archived_at.is_(None),
            Service.archived_at.is_(None),
        )
    )
    return query.where(Calendar.public, Service.public) if public_only else query


def calendar_view(
    session: Session,
    org_id: uuid.UUID,
    *,
    calendar_id: uuid.UUID | None = None,
    slug: str | None = None,
    public_only: bool = False,
) -> CalendarView:
    """The calendar by id or short name, with its people. Raises NotFound."""
    key = {"calendar_id": calendar_id} if calendar_id is not None else {"slug": slug}
    query = _calendar_query("slug" in key, public_only)
    row = session.execute(query, {"org_id": org_id, **key}).one_or_none()
    if row is None:
        raise NotFound("calendar_not_found")
    calendar, service = row
    people = people_of(session, org_id, [calendar.id])
    return view_of(calendar, service, people.get(calendar.id, ()))


def view_of(calendar: Calendar, service: Service, people: tuple[Person, ...]) -> CalendarView:
    """The rows of a calendar and its service as one value."""
    return CalendarView(
        id=calendar.id,
        slug=calendar.slug,
        names=calendar.names,
        service_id=service.id,
        service_names=service.names,
        modality=calendar.modality,
        strategy=STRATEGIES[calendar.strategy],
        offer=_offer(calendar, service),
        price_minor=_first(calendar.price_minor, service.price_minor),
        currency=service.currency,
        terms=in_force(service.terms, service.cancel_notice_min, calendar.terms),
        people=people,
        needs=_needs(calendar, service),
    )


def _needs(calendar: Calendar, service: Service) -> tuple[str, ...]:
    """A room first, then a device: whoever takes both takes them in this order. A video visit needs neither."""
    if calendar.modality == "video":
        return ()
    wanted = (("room", service.needs_room), ("device", service.needs_device))
    return tuple(kind for kind, needed in wanted if needed)


def _offer(calendar: Calendar, service: Service) -> Offer:
    return Offer(
        duration_min=_first(calendar.duration_min, service.duration_min),
        step_min=service.step_min,
        buffer_before_min=service.buffer_before_min,
        buffer_after_min=service.buffer_after_min,
        cooldown_min=_first(calendar.cooldown_min, service.cooldown_min),
        min_notice_min=_first(calendar.min_notice_min, service.min_notice_min),
        horizon=Horizon(_first(calendar.horizon_days, service.horizon_days)),
        capacity=service.capacity,
    )


def _first(own: int | None, fallback: int) -> int:
    return fallback if own is None else own


@lru_cache
def _people_query() -> Select[*tuple[Any, ...]]:
    return (
        select(
            CalendarSpecialist.calendar_id,
            SpecialistRow.id,
            SpecialistRow.name,
            SpecialistRow.title,
            SpecialistRow.slug,
            SpecialistRow.color,
            and_(SpecialistRow.active, licensed()).label("active"),
            func.coalesce(SpecialistRow.time_zone, "").label("time_zone"),
            SpecialistRow.location_id,
            CalendarSpecialist.priority,
            Resource.number.label("resource"),
            Resource.id.label("resource_id"),
            Location.name.label("location_name"),
            Calendar.hours.label("calendar_hours"),
            CalendarSpecialist.hours.label("own_hours"),
        )
        .join(
            CalendarSpecialist,
            and_(
                CalendarSpecialist.org_id == SpecialistRow.org_id,
                CalendarSpecialist.specialist_id == SpecialistRow.id,
            ),
        )
        .join(
            Calendar,
            and_(
                Calendar.org_id == CalendarSpecialist.org_id,
                Calendar.id == CalendarSpecialist.calendar_id,
            ),
        )
        .join(
            ServiceSpecialist,
            and_(
                ServiceSpecialist.org_id == SpecialistRow.org_id,
                ServiceSpecialist.specialist_id == SpecialistRow.id,
                ServiceSpecialist.service_id == Calendar.service_id,
            ),
        )
        .join(
            Resource,
            and_(
                Resource.org_id == SpecialistRow.org_id,
                Resource.specialist_id == SpecialistRow.id,
            ),
        )
        .outerjoin(
            Location,
            and_(
                Location.org_id == SpecialistRow.org_id,
                Location.id == SpecialistRow.location_id,
            ),
        )
        .where(
            SpecialistRow.org_id == bindparam("org_id"),
            CalendarSpecialist.calendar_id.in_(bindparam("calendar_ids", expanding=True)),
            SpecialistRow.deleted_at.is_(None),
        )
        .order_by(SpecialistRow.name, SpecialistRow.id)
    )


def people_of(
    session: Session, org_id: uuid.UUID, calendar_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, tuple[Person, ...]]:
    """Who serves each calendar and is qualified for its service, by name; in one statement."""
    asked = {"org_id": org_id, "calendar_ids": list(calendar_ids)}
    rows: Any = session.execute(_people_query(), asked)
    found: dict[uuid.UUID, list[Person]] = defaultdict(list)
    for row in rows:
        calendar_id, *person, calendar_hours, own_hours = tuple(row)
        weeks = (stored_week(calendar_hours), stored_week(own_hours))
        said = tuple(week for week in weeks if week is not None)
        found[calendar_id].append(Person(*(*person, said)))
    return {calendar_id: tuple(people) for calendar_id, people in found.items()}


_WEEKLY = (
    select(
        WeeklyHours.specialist_id,
        WeeklyHours.weekday,
        WeeklyHours.start_min,
        WeeklyHours.end_min,
    )
    .where(
        WeeklyHours.org_id == bindparam("org_id"),
        WeeklyHours.specialist_id.in_(bindparam("people", expanding=True)),
    )
    .order_by(WeeklyHours.start_min)
)
_DATES = (
    select(DateOverride.specialist_id, DateOverride.day, DateOverride.kind, DateOverride.windows)
    .where(
        DateOverride.org_id == bindparam("org_id"),
        DateOverride.specialist_id.in_(bindparam("people", expanding=True)),
        DateOverride.day.between(bindparam("first"), bindparam("last")),
    )
    .order_by(DateOverride.day)
)


def schedules(
    session: Session,
    org_id: uuid.UUID,
    people: Iterable[Person],
    first: dt.date,
    last: dt.date,
) -> dict[uuid.UUID, Schedule]:
    """Each specialist's weekly hours and date overrides from `first` to `last`, in two statements."""
    everybody = {one.id: one for one in people}
    weekly: dict[uuid.UUID, list[list[Window]]] = {one: [[] for _ in range(7)] for one in everybody}
    for row in session.execute(_WEEKLY, {"org_id": org_id, "people": list(everybody)}):
        weekly[row.specialist_id][row.weekday].append(Window.of(row.start_min, row.end_min))
    overrides = _overrides(session, org_id, everybody, first, last)
    return {
        one: Schedule(
            tz=person.time_zone,
            weekly=tuple(tuple(windows) for windows in weekly[one]),
            overrides=overrides[one],
        )
        for one, person in everybody.items()
    }


def _overrides(
    session: Session,
    org_id: uuid.UUID,
    everybody: Iterable[uuid.UUID],
    first: dt.date,
    last: dt.date,
) -> dict[uuid.UUID, dict[dt.date, Override]]:
    found: dict[uuid.UUID, dict[dt.date, Override]] = defaultdict(dict)
    asked = {"org_id": org_id, "people": list(everybody), "first": first, "last": last}
    rows = session.execute(_DATES, asked)
    for row in rows:
        days = found[row.specialist_id]
        days[row.day] = _merged(days.get(row.day), row)
    return found


def _merged(before: Override | None, row: Row[Any]) -> Override:
    """One override of a date; replacing and adding on the same date become one replacement."""
    windows = tuple(Window.of(start, end) for start, end in row.windows)
    mode = Mode(row.kind)
    if before is None:
        return Override(mode, windows)
    replaces = Mode.REPLACE in (before.mode, mode)
    return Override(Mode.REPLACE if replaces else Mode.ADD, (*before.windows, *windows))


# Aggregated to whole minutes in the database: one row a resource, whatever the number of visits.
_BUSY = text(
    """
    SELECT resource_number,
           array_agg((extract(epoch FROM visit_starts_at) / 60)::bigint) AS starts,
           array_agg((extract(epoch FROM visit_ends_at) / 60)::bigint) AS ends,
           array_agg((extract(epoch FROM visit_starts_at - starts_at) / 60)::int) AS before,
           array_agg((extract(epoch FROM ends_at - visit_ends_at) / 60)::int) AS after,
           array_agg(CASE WHEN kind IN ('appointment', 'class') THEN 'visit' ELSE kind END) AS kinds,
           array_agg(COALESCE(reference_id::text, '')) AS refs
    FROM occupancies
    WHERE org_id = :org AND resource_id = ANY(:resources) AND live
      AND starts_at < :until AND ends_at > :since
    GROUP BY resource_number
    """
)


def busy_times(
    session: Session,
    org_id: uuid.UUID,
    resource_ids: Iterable[uuid.UUID],
    since: dt.datetime,
    until: dt.datetime,
) -> dict[int, list[Busy]]:
    """Taken time of each resource by number, in minutes since the epoch."""
    rows = session.execute(
        _BUSY,
        {"org": org_id, "resources": list(resource_ids), "since": since, "until": until},
    )
    return {
        row.resource_number: list(
            map(Busy, row.starts, row.ends, row.before, row.after, row.kinds, row.refs)
        )
        for row in rows
    }
