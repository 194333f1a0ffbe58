"""A specialist's own hours as the clinic edits them: what is set, what it comes to, and when the clocks change."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from app.lib.errors import NotFound
from app.people.models import Specialist
from app.scheduling.models import DateOverride, Resource
from app.scheduling.queries.calendars import Person, schedules
from app.scheduling.rules.clock_changes import ClockChange, next_changes
from app.scheduling.rules.hours import working_runs
from app.scheduling.rules.walltime import day_start, from_datetime, to_datetime
from app.scheduling.rules.weeks import Reading


def person_of(session: Session, org_id: uuid.UUID, specialist_id: uuid.UUID) -> Person:
    """A specialist outside any calendar. Raises NotFound."""
    row = session.execute(
        select(
            Specialist.id,
            Specialist.name,
            Specialist.title,
            Specialist.slug,
            Specialist.color,
            Specialist.active,
            func.coalesce(Specialist.time_zone, "").label("time_zone"),
            Specialist.location_id,
            literal(0).label("priority"),
            Resource.number,
            Resource.id.label("resource_id"),
        )
        .join(
            Resource,
            (Resource.org_id == Specialist.org_id) & (Resource.specialist_id == Specialist.id),
        )
        .where(
            Specialist.org_id == org_id,
            Specialist.id == specialist_id,
            Specialist.deleted_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise NotFound("specialist_not_found")
    return Person(*row)


@dataclass(frozen=True, slots=True)
class DifferentDates:
    """Consecutive local dates of which the same is said: `replace` without windows means closed."""

    first: dt.date
    last: dt.date
    kind: str
    windows: tuple[Reading, ...]
    reason: str

    @property
    def days(self) -> int:
        """How many dates."""
        return (self.last - self.first).days + 1


def different_dates(
    session: Session, org_id: uuid.UUID, specialist_id: uuid.UUID, since: dt.date
) -> list[DifferentDates]:
    """What differs from the weekly hours from a date on, by date; equal neighbours are one entry."""
    rows = session.execute(
        select(DateOverride.day, DateOverride.kind, DateOverride.windows, DateOverride.reason)
        .where(
            DateOverride.org_id == org_id,
            DateOverride.specialist_id == specialist_id,
            DateOverride.day >= since,
        )
        .order_by(DateOverride.kind.desc(), DateOverride.day)
    )
    said = [
        (row.day, (row.kind, tuple((start, end) for start, end in row.windows), row.reason))
        for row in rows
    ]
    # Equal neighbours share the distance between their date and their place in the list.
    keyed = [(one.toordinal() - place, what, one) for place, (one, what) in enumerate(said)]
    found = []
    for (_distance, what), group in groupby(keyed, key=lambda one: (one[0], one[1])):
        dates = [one[2] for one in group]
        found.append(DifferentDates(dates[0], dates[-1], *what))
    return sorted(found, key=lambda one: (one.first, one.kind))


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """What the engine makes of one local date: stretches of working time within it."""

    day: dt.date
    stretches: tuple[tuple[dt.datetime, dt.datetime], ...]
    different: bool


def working_days(
    session: Session, org_id: uuid.UUID, person: Person, first: dt.date, days: int
) -> list[WorkingDay]:
    """The working time of consecutive dates on the specialist's clock; none without a zone."""
    last = first + dt.timedelta(days=days - 1)
    around = dt.timedelta(days=2)
    own = schedules(session, org_id, [person], first - around, last + around)[person.id]
    dates = [first + dt.timedelta(days=offset) for offset in range(days)]
    if not person.time_zone:
        return [WorkingDay(one, (), False) for one in dates]
    found = []
    for one in dates:
        start = day_start(person.time_zone, one.toordinal())
        end = day_start(person.time_zone, one.toordinal() + 1)
        stretches = tuple(
            (to_datetime(max(run.start, start)), to_datetime(min(run.end, end)))
            for run in working_runs((own,), start, end)
        )
        found.append(WorkingDay(one, stretches, one in own.overrides))
    return found


def coming_change(time_zone: str, now: dt.datetime) -> ClockChange | None:
    """The next change of the clocks in a zone; None where they stay, or no zone is set."""
    if not time_zone:
        return None
    return next(iter(next_changes(time_zone, from_datetime(now), 1)), None)
