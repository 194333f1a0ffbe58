"""A specialist's weekly hours (SCH-01)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.orm import Session

from app.kernel import live
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, FieldError, Invalid
from app.lib.fingerprint import fingerprint
from app.lib.ids import uuid7
from app.people.specialists.actions import locked
from app.scheduling.models import WeeklyHours
from app.scheduling.rules.weeks import DAYS, Fault, Reading, clock_text, week_faults


@dataclass(frozen=True, slots=True)
class WeeklyWindow:
    """A working window: weekday 0 is Monday, minutes of the specialist's wall clock."""

    weekday: int
    start_min: int
    end_min: int


def set_weekly_hours(
    session: Session,
    actor: Actor,
    specialist_id: uuid.UUID,
    windows: Sequence[WeeklyWindow],
    now: dt.datetime,
    *,
    seen: str | None = None,
) -> None:
    """Replace a specialist's weekly hours.

    Raises Invalid, by weekday ("mon"), for windows that cannot be, and Conflict when the hours are no longer those that
    `seen` (of `weekly_readings`) marks.
    """
    if any(not 0 <= one.weekday <= 6 for one in windows):
        raise Invalid.one("hours", "window_malformed")
    wanted = _by_day((one.weekday, one.start_min, one.end_min) for one in windows)
    faults = week_faults(wanted)
    if faults:
        raise Invalid(field_error(DAYS[one.weekday], one) for one in faults)
    locked(session, actor.clinic, specialist_id)
    before = weekly_readings(session, actor.clinic, specialist_id)
    if seen is not None and seen != mark_of(before):
        raise Conflict("changed_meanwhile")
    session.execute(delete(WeeklyHours).where(*_of(actor.clinic, specialist_id)))
    if windows:
        session.execute(insert(WeeklyHours), _rows(actor.clinic, specialist_id, windows))
    record(
        session,
        actor,
        "schedule.set_weekly_hours",
        "specialist",
        specialist_id,
        at=now,
        before={"windows": _written(before)},
        after={"windows": _written(wanted)},
    )
    live.tell(session, actor.clinic, live.AVAILABILITY)


def weekly_readings(
    session: Session, org_id: uuid.UUID, specialist_id: uuid.UUID
) -> list[list[Reading]]:
    """The stored weekly hours as clock readings, Monday first."""
    rows = session.execute(
        select(WeeklyHours.weekday, WeeklyHours.start_min, WeeklyHours.end_min)
        .where(*_of(org_id, specialist_id))
        .order_by(WeeklyHours.weekday, WeeklyHours.start_min)
    )
    return _by_day((row.weekday, row.start_min, row.end_min) for row in rows)


def mark_of(readings: Sequence[Sequence[Reading]]) -> str:
    """The mark of a week, for `seen`."""
    return fingerprint({"windows": _written(readings)})


def field_error(field: str, fault: Fault) -> FieldError:
    """A fault beside its field, with the windows it speaks of."""
    other = fault.other or fault.window
    params = {
        "start": clock_text(fault.window[0]),
        "end": clock_text(fault.window[1]),
        "other_start": clock_text(other[0]),
        "other_end": clock_text(other[1]),
    }
    return FieldError(field, fault.code, params)


def _of(org_id: uuid.UUID, specialist_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    return WeeklyHours.org_id == org_id, WeeklyHours.specialist_id == specialist_id


def _by_day(rows: Iterable[tuple[int, int, int]]) -> list[list[Reading]]:
    days: list[list[Reading]] = [[] for _ in DAYS]
    for weekday, start, end in rows:
        days[weekday].append((start, end))
    return [sorted(day) for day in days]


def _written(readings: Sequence[Sequence[Reading]]) -> list[list[int]]:
    return [
        [weekday, start, end] for weekday, day in enumerate(readings) for start, end in sorted(day)
    ]


def _rows(
    org_id: uuid.UUID, specialist_id: uuid.UUID, windows: Sequence[WeeklyWindow]
) -> list[dict[str, object]]:
    return [
        {
            "org_id": org_id,
            "id": uuid7(),
            "specialist_id": specialist_id,
            "weekday": one.weekday,
            "start_min": one.start_min,
            "end_min": one.end_min,
        }
        for one in windows
    ]
