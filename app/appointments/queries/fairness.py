"""What each specialist of a calendar has had lately: the figures of the round robin (SCH-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.lib.intervals import Span, merge
from app.scheduling.models import CalendarSpecialist, DateOverride, WeeklyHours
from app.scheduling.queries import CalendarView
from app.scheduling.rules.fairness import Member, Outcome, Standing, Turn, standings
from app.scheduling.rules.walltime import day_start, from_datetime

PERIOD = dt.timedelta(days=30)
ONE_DAY = dt.timedelta(days=1)
DAY_MIN = 1440


def standings_of(
    session: Session, org_id: uuid.UUID, calendar: CalendarView, now: dt.datetime
) -> list[Standing]:
    """Each member's share of the calendar's visits in the last 30 days, weighed by weekly hours."""
    since = now - PERIOD
    turns = [
        Turn(
            str(row.specialist_id),
            from_datetime(row.created_at),
            calendar.offer.duration_min,
            _outcome(row.state, row.cancelled_at, row.starts_at, calendar.cancel_notice_min),
        )
        for row in session.execute(
            select(
                Appointment.specialist_id,
                Appointment.created_at,
                Appointment.state,
                Appointment.cancelled_at,
                Appointment.starts_at,
            ).where(
                Appointment.org_id == org_id,
                Appointment.calendar_id == calendar.id,
                Appointment.created_at >= since,
            )
        )
    ]
    capacity = _weekly_minutes(session, org_id, calendar)
    period = (from_datetime(since), from_datetime(now) + 1)
    away = _absences(session, org_id, calendar, since, now)
    members = [
        Member(str(one.id), capacity.get(one.id, 0), one.priority, tuple(merge(away[one.id])))
        for one in calendar.people
    ]
    return standings(members, turns, period)


def _absences(
    session: Session,
    org_id: uuid.UUID,
    calendar: CalendarView,
    since: dt.datetime,
    now: dt.datetime,
) -> dict[uuid.UUID, list[Span]]:
    """When no turn could fall to each: whole days off, and the time before they joined the calendar."""
    zones = {one.id: one.time_zone for one in calendar.people if one.time_zone}
    away: dict[uuid.UUID, list[Span]] = defaultdict(list)
    closed = session.execute(
        select(DateOverride.specialist_id, DateOverride.day).where(
            DateOverride.org_id == org_id,
            DateOverride.specialist_id.in_(zones),
            DateOverride.kind == "replace",
            func.jsonb_array_length(DateOverride.windows) == 0,
            DateOverride.day.between(since.date() - ONE_DAY, now.date() + ONE_DAY),
        )
    )
    for row in closed:
        zone, day = zones[row.specialist_id], row.day.toordinal()
        away[row.specialist_id].append((day_start(zone, day), day_start(zone, day + 1)))
    joined = session.execute(
        select(CalendarSpecialist.specialist_id, CalendarSpecialist.created_at).where(
            CalendarSpecialist.org_id == org_id,
            CalendarSpecialist.calendar_id == calendar.id,
            CalendarSpecialist.created_at > since,
        )
    )
    for row in joined:
        away[row.specialist_id].append((from_datetime(since), from_datetime(row.created_at)))
    return away


def _weekly_minutes(
    session: Session, org_id: uuid.UUID, calendar: CalendarView
) -> dict[uuid.UUID, int]:
    minutes: dict[uuid.UUID, int] = defaultdict(int)
    rows = session.execute(
        select(WeeklyHours.specialist_id, WeeklyHours.start_min, WeeklyHours.end_min).where(
            WeeklyHours.org_id == org_id,
            WeeklyHours.specialist_id.in_([one.id for one in calendar.people]),
        )
    )
    for row in rows:
        minutes[row.specialist_id] += (row.end_min - row.start_min) % DAY_MIN or DAY_MIN
    for one in calendar.people:
        if one.weeks:  # The most specific hours count here, as they do in the engine.
            minutes[one.id] = sum(end - start for day in one.weeks[-1] for start, end in day)
    return minutes


def _outcome(
    state: str, cancelled_at: dt.datetime | None, starts_at: dt.datetime, notice_min: int
) -> Outcome:
    if state == "no_show":
        return Outcome.NO_SHOW
    if cancelled_at is None:
        return Outcome.STANDS
    in_time = cancelled_at <= starts_at - dt.timedelta(minutes=notice_min)
    return Outcome.CANCELLED_IN_TIME if in_time else Outcome.CANCELLED_LATE
