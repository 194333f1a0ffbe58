"""When specialists see patients: own hours with those of every calendar, and what a date takes away.

Here is the column that reads it beside a list of specialists, and the pure sums; no statement of its own. The column
holds all that hours follow from, as text. The same text over the same range gives the same hours, so they are
worked out once: a clinic's hours change rarely, and its day is drawn all day long.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, ScalarSelect, Text, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.lib.intervals import Span, intersect, merge, subtract
from app.people.models import Specialist
from app.scheduling.models import Calendar, CalendarSpecialist, DateOverride
from app.scheduling.queries.calendars import overrides_of, own_week, week_of
from app.scheduling.rules.hours import Layers, Schedule, working_runs
from app.scheduling.rules.walltime import Minute, day_start
from app.scheduling.rules.weeks import stored_week

Date: TypeAlias = dt.date | ColumnElement[dt.date]
REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Hours:
    """A specialist's time in a range, in minutes since the epoch: what is open, and what a date took away with why."""

    open: tuple[Span, ...]
    closed: tuple[tuple[Minute, Minute, str], ...]


def hours_text(first: Date, last: Date) -> ColumnElement[str]:
    """Of each specialist: own week, own dates from `first` to `last` and their calendars' weeks, for `hours_in`."""
    parts = func.jsonb_build_array(own_week(), _dates(first, last), _calendar_weeks())
    return cast(parts, Text)


def _dates(first: Date, last: Date) -> ScalarSelect[Any]:
    row = func.jsonb_build_array(
        DateOverride.day, DateOverride.kind, DateOverride.windows, DateOverride.reason
    )
    return (
        select(func.jsonb_agg(aggregate_order_by(row, DateOverride.day)))
        .where(
            DateOverride.org_id == Specialist.org_id,
            DateOverride.specialist_id == Specialist.id,
            DateOverride.day.between(first, last),
        )
        .correlate(Specialist)
        .scalar_subquery()
    )


def _calendar_weeks() -> ScalarSelect[Any]:
    """The weeks of the calendars that a specialist serves, as pairs (the calendar's, their own in it)."""
    return (
        select(func.jsonb_agg(func.jsonb_build_array(Calendar.hours, CalendarSpecialist.hours)))
        .join(
            CalendarSpecialist,
            and_(
                CalendarSpecialist.org_id == Calendar.org_id,
                CalendarSpecialist.calendar_id == Calendar.id,
            ),
        )
        .where(
            CalendarSpecialist.org_id == Specialist.org_id,
            CalendarSpecialist.specialist_id == Specialist.id,
            Calendar.archived_at.is_(None),
            or_(Calendar.hours.is_not(None), CalendarSpecialist.hours.is_not(None)),
        )
        .correlate(Specialist)
        .scalar_subquery()
    )


@lru_cache(REMEMBERED)
def hours_in(tz: str, text: str, since: Minute, until: Minute) -> Hours:
    """What `hours_text` read, as the specialist's time in the range (SCH-01); none without a zone."""
    if not tz:
        return Hours((), ())
    week, dates, calendars = json.loads(text)
    own = Schedule(tz, week_of(week or ()), overrides_of(dates or ()))
    reasons = {day: reason for day, kind, _windows, reason in dates or () if kind == "replace"}
    return hours_of(own, calendars or (), reasons, (since, until))


def hours_of(
    own: Schedule,
    weeks: Iterable[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]],
    reasons: Mapping[str, str],
    span: Span,
) -> Hours:
    """The specialist's time in the span: open in any calendar, and taken away by dates (SCH-01)."""
    layers = [(own,), *((own, *_said(own.tz, pair)) for pair in weeks)]
    open_ = _merged(layers, span)
    if not reasons:
        return Hours(tuple(open_), ())
    usual = replace(own, overrides={})
    without = _merged([(usual, *one[1:]) for one in layers], span)
    return Hours(tuple(open_), tuple(_away(own.tz, subtract(without, open_), reasons)))


def _said(tz: str, pair: Iterable[Mapping[str, Any] | None]) -> list[Schedule]:
    """The calendar's week and the specialist's in it, where they say anything; in the specialist's zone."""
    read = (stored_week(layout) for layout in pair)
    return [Schedule(tz, week) for week in read if week is not None]


def _merged(layers: Iterable[Layers], span: Span) -> list[Span]:
    return merge(found for one in layers for found in _open(one, span))


def _open(layers: Layers, span: Span) -> list[Span]:
    runs = [(run.start, run.end) for run in working_runs(layers, *span)]
    return intersect(runs, [span])


def _away(
    tz: str, gone: Iterable[Span], reasons: Mapping[str, str]
) -> Iterable[tuple[Minute, Minute, str]]:
    for text, reason in sorted(reasons.items()):
        day = dt.date.fromisoformat(text).toordinal()
        for start, end in intersect(gone, [(day_start(tz, day), day_start(tz, day + 1))]):
            yield start, end, reason
