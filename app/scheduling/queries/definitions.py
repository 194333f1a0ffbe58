"""A calendar with its service and people, read whole as one text and remembered by that text.

Equal texts mean equal values, so what a process remembers is never out of date: it saves the reading, not the asking.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from app.catalog.models import Service, ServiceSpecialist
from app.catalog.terms import in_force
from app.kernel.tenancy.models import Location
from app.lib.errors import NotFound
from app.people.models import Specialist as SpecialistRow
from app.people.specialists.licences import licensed
from app.scheduling.models import Calendar, CalendarSpecialist, Resource
from app.scheduling.queries.calendars import CalendarView, Person, own_week, week_of
from app.scheduling.rules.assignment import Strategy
from app.scheduling.rules.offer import Horizon, Offer
from app.scheduling.rules.weeks import stored_week

_OF_CALENDAR = (
    "id",
    "slug",
    "names",
    "modality",
    "strategy",
    "duration_min",
    "price_minor",
    "cooldown_min",
    "min_notice_min",
    "horizon_days",
    "terms",
)
_OF_SERVICE = (
    "id",
    "names",
    "price_minor",
    "currency",
    "terms",
    "cancel_notice_min",
    "needs_room",
    "needs_device",
    "duration_min",
    "step_min",
    "buffer_before_min",
    "buffer_after_min",
    "cooldown_min",
    "min_notice_min",
    "horizon_days",
    "capacity",
)
STRATEGIES = {
    "round_robin": Strategy.ROUND_ROBIN,
    "priority": Strategy.PRIORITY,
    "choice": Strategy.PATIENT_CHOICE,
}


@lru_cache
def _definition_query(by_slug: bool, public_only: bool) -> Select[Any]:
    """A calendar, its service and its people as one text; each form is built once."""
    which = (
        Calendar.slug == bindparam("slug") if by_slug else Calendar.id == bindparam("calendar_id")
    )
    people = (
        _joined(select(func.json_agg(aggregate_order_by(_as_array(), *_BY_NAME))))
        .correlate(Calendar)
        .scalar_subquery()
    )
    whole = func.json_build_object(
        literal_column("'calendar'"),
        _object(Calendar, _OF_CALENDAR),
        literal_column("'service'"),
        _object(Service, _OF_SERVICE),
        literal_column("'people'"),
        people,
    )
    query = (
        select(cast(whole, Text))
        .select_from(Calendar)
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
    """The calendar by id or short name, with its people and their weekly hours, in one statement. Raises NotFound."""
    key = {"calendar_id": calendar_id} if calendar_id is not None else {"slug": slug}
    query = _definition_query("slug" in key, public_only)
    session.flush()
    definition = session.connection().scalar(query, {"org_id": org_id, **key})
    if definition is None:
        raise NotFound("calendar_not_found")
    return _defined(definition)


@lru_cache(maxsize=512)
def _defined(definition: str) -> CalendarView:
    """The definition as one value. Equal texts mean equal values, so what is remembered here is never out of date."""
    said = json.loads(definition)
    calendar, service = SimpleNamespace(**said["calendar"]), SimpleNamespace(**said["service"])
    calendar.id, service.id = uuid.UUID(calendar.id), uuid.UUID(service.id)
    people = tuple(_person(_read(one)) for one in said["people"] or ())
    return view_of(calendar, service, people)


def _read(one: list[Any]) -> list[Any]:
    """What JSON does not know: identifiers and instants."""
    for place in _IDENTIFIERS:
        one[place] = None if one[place] is None else uuid.UUID(one[place])
    one[_JOINED] = dt.datetime.fromisoformat(one[_JOINED])
    return one


def view_of(calendar: Any, service: Any, people: tuple[Person, ...]) -> CalendarView:
    """A calendar and its service, rows or anything with the same names, as one value."""
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


def _needs(calendar: Any, service: Any) -> tuple[str, ...]:
    """A room first, then a device: whoever takes both takes them in this order. A video visit needs neither."""
    if calendar.modality == "video":
        return ()
    wanted = (("room", service.needs_room), ("device", service.needs_device))
    return tuple(kind for kind, needed in wanted if needed)


def _offer(calendar: Any, service: Any) -> Offer:
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


_PERSON = (
    SpecialistRow.id,
    SpecialistRow.name,
    SpecialistRow.title,
    SpecialistRow.slug,
    SpecialistRow.color,
    and_(SpecialistRow.active, licensed()),
    func.coalesce(SpecialistRow.time_zone, ""),
    SpecialistRow.location_id,
    CalendarSpecialist.priority,
    Resource.number,
    Resource.id,
    Location.name,
    Calendar.hours,
    CalendarSpecialist.hours,
    own_week(),
    CalendarSpecialist.created_at,
)
_IDENTIFIERS, _JOINED = (0, 7, 10), 15
_BY_NAME = (SpecialistRow.name, SpecialistRow.id)


def _as_array() -> ColumnElement[Any]:
    return func.json_build_array(*_PERSON)


def _object(model: Any, names: Sequence[str]) -> ColumnElement[Any]:
    parts: list[Any] = []
    for name in names:
        parts += [literal_column(f"'{name}'"), getattr(model, name)]
    return func.json_build_object(*parts)


def _joined(query: Select[Any]) -> Select[Any]:
    """Who serves a calendar and is qualified for its service, with whose time it takes and where."""
    return (
        query.select_from(SpecialistRow)
        .join(
            CalendarSpecialist,
            and_(
                CalendarSpecialist.org_id == SpecialistRow.org_id,
                CalendarSpecialist.specialist_id == SpecialistRow.id,
            ),
        )
        .join(
            ServiceSpecialist,
            and_(
                ServiceSpecialist.org_id == SpecialistRow.org_id,
                ServiceSpecialist.specialist_id == SpecialistRow.id,
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
            SpecialistRow.deleted_at.is_(None),
            CalendarSpecialist.calendar_id == Calendar.id,
            ServiceSpecialist.service_id == Calendar.service_id,
        )
    )


@lru_cache
def _people_query() -> Select[Any]:
    return (
        _joined(select(Calendar.id, *_PERSON))
        .where(
            Calendar.org_id == bindparam("org_id"),
            Calendar.id.in_(bindparam("ids", expanding=True)),
        )
        .order_by(*_BY_NAME)
    )


def people_of(
    session: Session, org_id: uuid.UUID, calendar_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, tuple[Person, ...]]:
    """Who serves each calendar and is qualified for its service, by name; in one statement."""
    asked = {"org_id": org_id, "ids": list(calendar_ids)}
    found: dict[uuid.UUID, list[Person]] = defaultdict(list)
    for calendar_id, *person in session.execute(_people_query(), asked):
        found[calendar_id].append(_person(person))
    return {calendar_id: tuple(people) for calendar_id, people in found.items()}


def _person(said: Sequence[Any]) -> Person:
    """One person from the columns of `_PERSON`."""
    *plain, calendar_hours, own_hours, weekly, joined_at = said
    weeks = (stored_week(calendar_hours), stored_week(own_hours))
    said_weeks = tuple(week for week in weeks if week is not None)
    return Person(*(*plain, said_weeks, week_of(weekly or ()), joined_at))
