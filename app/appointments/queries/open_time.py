"""When specialists see patients: own hours with those of every calendar, and what a date takes away.

Here are the two subqueries that read it beside a list of specialists, and the pure sums; no statement of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ScalarSelect, and_, func, or_, select

from app.lib.intervals import Span, intersect, merge, subtract
from app.people.models import Specialist
from app.scheduling.models import Calendar, CalendarSpecialist, DateOverride
from app.scheduling.rules.hours import Layers, Schedule, working_runs
from app.scheduling.rules.walltime import Minute, day_start
from app.scheduling.rules.weeks import stored_week


@dataclass(frozen=True, slots=True)
class Hours:
    """A specialist's time in a range, in minutes since the epoch: what is open, and what a date took away with why."""

    open: tuple[Span, ...]
    closed: tuple[tuple[Minute, Minute, str], ...]


def calendar_weeks() -> ScalarSelect[Any]:
    """For each specialist: the weeks of the calendars they serve, as pairs (the calendar's, their own in it)."""
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


def reasons_away(first: dt.date, last: dt.date) -> ScalarSelect[Any]:
    """For each specialist: dates whose hours are replaced, each with the reason that was given."""
    return (
        select(func.jsonb_object_agg(DateOverride.day, DateOverride.reason))
        .where(
            DateOverride.org_id == Specialist.org_id,
            DateOverride.specialist_id == Specialist.id,
            DateOverride.kind == "replace",
            DateOverride.day.between(first, last),
        )
        .correlate(Specialist)
        .scalar_subquery()
    )


def hours_of(
    own: Schedule,
    weeks: Iterable[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]],
    reasons: Mapping[str, str],
    span: Span,
) -> Hours:
    """The specialist's time in the span: open in any calendar, and taken away by dates (SCH-01)."""
    if not own.tz:
        return Hours((), ())
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
