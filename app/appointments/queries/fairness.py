"""What each specialist of a calendar has had lately: the figures of the round robin (SCH-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.lib.intervals import Span, merge
from app.scheduling.queries import CalendarView, Person
from app.scheduling.rules.fairness import Member, Outcome, Standing, Turn, standings
from app.scheduling.rules.walltime import day_start, from_datetime

PERIOD = dt.timedelta(days=30)
ONE_DAY = dt.timedelta(days=1)


# What each was given in the period, and their whole days off, in one reading.
_LATELY = text(
    """
    SELECT specialist_id, created_at, state, cancelled_at, starts_at, NULL::date AS day
    FROM appointments
    WHERE org_id = :org AND calendar_id = :calendar AND created_at >= :since
    UNION ALL
    SELECT specialist_id, NULL, NULL, NULL, NULL, day
    FROM date_overrides
    WHERE org_id = :org AND specialist_id = ANY(:people) AND kind = 'replace'
      AND jsonb_array_length(windows) = 0 AND day BETWEEN :first AND :last
    """
)


def standings_of(
    session: Session, org_id: uuid.UUID, calendar: CalendarView, now: dt.datetime
) -> list[Standing]:
    """Each member's share of the calendar's visits in the last 30 days, weighed by weekly hours."""
    since = now - PERIOD
    asked = {
        "org": org_id,
        "calendar": calendar.id,
        "since": since,
        "people": [one.id for one in calendar.people],
        "first": since.date() - ONE_DAY,
        "last": now.date() + ONE_DAY,
    }
    rows = session.execute(_LATELY, asked).all()
    turns = [_turn(calendar, row) for row in rows if row.day is None]
    away = _absences(calendar, [row for row in rows if row.day is not None], since)
    members = [
        Member(str(one.id), _weekly_minutes(one), one.priority, tuple(merge(away[one.id])))
        for one in calendar.people
    ]
    return standings(members, turns, (from_datetime(since), from_datetime(now) + 1))


def _turn(calendar: CalendarView, row: Row[Any]) -> Turn:
    return Turn(
        str(row.specialist_id),
        from_datetime(row.created_at),
        calendar.offer.duration_min,
        _outcome(row.state, row.cancelled_at, row.starts_at, calendar.cancel_notice_min),
    )


def _absences(
    calendar: CalendarView, closed: Sequence[Row[Any]], since: dt.datetime
) -> dict[uuid.UUID, list[Span]]:
    """When no turn could fall to each: whole days off, and the time before they joined the calendar."""
    zones = {one.id: one.time_zone for one in calendar.people if one.time_zone}
    away: dict[uuid.UUID, list[Span]] = defaultdict(list)
    for row in closed:
        if zone := zones.get(row.specialist_id):
            day = row.day.toordinal()
            away[row.specialist_id].append((day_start(zone, day), day_start(zone, day + 1)))
    for one in calendar.people:
        if one.joined_at is not None and one.joined_at > since:
            away[one.id].append((from_datetime(since), from_datetime(one.joined_at)))
    return away


def _weekly_minutes(one: Person) -> int:
    """The most specific hours count here, as they do in the engine."""
    week = one.weeks[-1] if one.weeks else one.weekly or ()
    return sum(end - start for day in week for start, end in day)


def _outcome(
    state: str, cancelled_at: dt.datetime | None, starts_at: dt.datetime, notice_min: int
) -> Outcome:
    if state == "no_show":
        return Outcome.NO_SHOW
    if cancelled_at is None:
        return Outcome.STANDS
    in_time = cancelled_at <= starts_at - dt.timedelta(minutes=notice_min)
    return Outcome.CANCELLED_IN_TIME if in_time else Outcome.CANCELLED_LATE
