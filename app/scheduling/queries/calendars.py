"""A calendar with its people as plain values, and their hours as the rules want them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ARRAY, ScalarSelect, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from app.catalog.addon_rules import Chosen
from app.catalog.terms import Terms
from app.lib.errors import NotFound
from app.people.models import Specialist
from app.scheduling.models import DateOverride, WeeklyHours
from app.scheduling.rules.assignment import Strategy
from app.scheduling.rules.hours import Layers, Mode, Override, Schedule, Window
from app.scheduling.rules.offer import Offer
from app.scheduling.rules.weeks import Week


@dataclass(frozen=True, slots=True)
class Person:
    """A specialist who serves a calendar. `resource` is the number that the overlap constraint knows.

    `weekly` holds their own weekly hours where they were read along, `joined_at` is when they came into the calendar.
    """

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
    weekly: Week | None = None
    joined_at: dt.datetime | None = None

    def layers(self, own: Schedule) -> Layers:
        """The person's hours as the calendar has them: their own, the calendar's, their own in that calendar.

        `weeks` holds the latter two, least specific first, each in the person's zone (SCH-01).
        """
        return (own, *(Schedule(self.time_zone, week) for week in self.weeks))


@dataclass(frozen=True, slots=True)
class CalendarView:
    """A bookable calendar: what it offers and who serves it; `needs` names the kinds of spaces that a visit takes.

    With `addons` chosen, price and length are those of the whole visit.
    """

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
    addons: tuple[Chosen, ...] = ()

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


def week_of(rows: Iterable[Sequence[int]]) -> Week:
    """Seven days of windows from weekday, start and end in minutes."""
    days: list[list[Window]] = [[] for _ in range(7)]
    for weekday, start, end in rows:
        days[weekday].append(Window.of(start, end))
    return tuple(tuple(windows) for windows in days)


def own_week() -> ScalarSelect[Any]:
    """The column that reads a specialist's weekly hours beside their row, as JSON for `week_of`; null without any."""
    row = func.json_build_array(WeeklyHours.weekday, WeeklyHours.start_min, WeeklyHours.end_min)
    return (
        select(func.json_agg(aggregate_order_by(row, WeeklyHours.start_min)))
        .where(WeeklyHours.org_id == Specialist.org_id, WeeklyHours.specialist_id == Specialist.id)
        .correlate(Specialist)
        .scalar_subquery()
    )


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
        DateOverride.specialist_id == func.any(bindparam("people", type_=ARRAY(Uuid))),
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
    """Each specialist's weekly hours and date overrides from `first` to `last`, in one statement.

    In two where somebody was read without their weekly hours.
    """
    everybody = {one.id: one for one in people}
    unread = [one.id for one in everybody.values() if one.weekly is None]
    read = _weekly(session, org_id, unread) if unread else {}
    overrides = _overrides(session, org_id, everybody, first, last)
    return {
        one: Schedule(
            tz=person.time_zone,
            weekly=read[one] if person.weekly is None else person.weekly,
            overrides=overrides[one],
        )
        for one, person in everybody.items()
    }


def _weekly(
    session: Session, org_id: uuid.UUID, people: Sequence[uuid.UUID]
) -> dict[uuid.UUID, Week]:
    rows: dict[uuid.UUID, list[Sequence[int]]] = {one: [] for one in people}
    for specialist_id, *row in session.execute(_WEEKLY, {"org_id": org_id, "people": people}):
        rows[specialist_id].append(row)
    return {one: week_of(found) for one, found in rows.items()}


def _overrides(
    session: Session,
    org_id: uuid.UUID,
    everybody: Iterable[uuid.UUID],
    first: dt.date,
    last: dt.date,
) -> dict[uuid.UUID, dict[dt.date, Override]]:
    rows: dict[uuid.UUID, list[Sequence[Any]]] = {one: [] for one in everybody}
    asked = {"org_id": org_id, "people": list(rows), "first": first, "last": last}
    session.flush()
    for specialist_id, *row in session.connection().execute(_DATES, asked):
        rows[specialist_id].append(row)
    return {one: overrides_of(found) for one, found in rows.items()}


def overrides_of(rows: Iterable[Sequence[Any]]) -> dict[dt.date, Override]:
    """Overrides by date, from date (or its ISO text), kind and windows; several of a date become one."""
    found: dict[dt.date, Override] = {}
    for said, kind, windows, *_ in rows:
        day = dt.date.fromisoformat(said) if isinstance(said, str) else said
        found[day] = _merged(found.get(day), kind, windows)
    return found


def _merged(before: Override | None, kind: str, stored: Iterable[tuple[int, int]]) -> Override:
    """One override of a date; replacing and adding on the same date become one replacement."""
    windows = tuple(Window.of(start, end) for start, end in stored)
    mode = Mode(kind)
    if before is None:
        return Override(mode, windows)
    replaces = Mode.REPLACE in (before.mode, mode)
    return Override(Mode.REPLACE if replaces else Mode.ADD, (*before.windows, *windows))
