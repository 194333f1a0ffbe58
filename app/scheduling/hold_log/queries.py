"""How many held times end in a booking, and where people stop (SCH-09)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Subquery, and_, case, func, select
from sqlalchemy.orm import Session

from app.catalog.models import Service
from app.scheduling.hold_log.models import HoldEvent
from app.scheduling.hold_log.stream import (
    BOOKED,
    EXPIRED,
    EXTENDED,
    MADE,
    REFUSED,
    RELEASED,
    REPLACED,
)
from app.scheduling.models import Calendar

OPEN = "open"
UNFINISHED = (RELEASED, EXPIRED)


@dataclass(frozen=True, slots=True)
class Ends:
    """What became of the times that were kept; whoever chose another time counts once, with the last one.

    `refused`: times that somebody else had when they were chosen. `minutes`: the median from choosing to booking.
    """

    started: int = 0
    booked: int = 0
    released: int = 0
    expired: int = 0
    open: int = 0
    refused: int = 0
    minutes: float | None = None

    @property
    def ended(self) -> int:
        """Those of which the end is known."""
        return self.started - self.open

    @property
    def share(self) -> int | None:
        """Of a hundred that ended, how many were booked; None where none has."""
        return round(100 * self.booked / self.ended) if self.ended else None


@dataclass(frozen=True, slots=True)
class OfCalendar:
    """The ends of one calendar's holds; None where the log no longer knows the calendar."""

    calendar_id: uuid.UUID | None
    names: dict[str, str] | None
    ends: Ends


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A time that was chosen and not booked: when, for what, and how it ended."""

    at: dt.datetime
    names: dict[str, str] | None
    starts_at: dt.datetime | None
    channel: str | None
    end: str
    kept_seconds: int


def ends_by_calendar(session: Session, org_id: uuid.UUID, since: dt.datetime) -> list[OfCalendar]:
    """The ends of all holds that began since, by calendar, the busiest first; in two statements."""
    held = _held(org_id, since)
    seconds = func.extract("epoch", held.c.ended_at - held.c.began)
    counted = session.execute(
        select(
            held.c.calendar_id,
            func.count().label("started"),
            *(_count(held, end).label(end) for end in (BOOKED, RELEASED, EXPIRED, OPEN)),
            func.percentile_cont(0.5)
            .within_group(case((held.c.end == BOOKED, seconds)))
            .label("seconds"),
        )
        .where(held.c.end != REPLACED)
        .group_by(held.c.calendar_id)
    ).all()
    refused = _refused(session, org_id, since)
    names = _names(session, org_id)
    rows = {row.calendar_id: row for row in counted}
    found = [
        OfCalendar(one, names.get(one) if one else None, _ends(rows.get(one), refused.get(one, 0)))
        for one in {*rows, *refused}
    ]
    return sorted(
        found, key=lambda one: (-one.ends.started, -one.ends.refused, str(one.calendar_id))
    )


def together(parts: list[OfCalendar]) -> Ends:
    """All calendars in one; the median of medians would be none, so there is no time."""
    return Ends(
        *(
            sum(getattr(one.ends, name) for one in parts)
            for name in ("started", BOOKED, RELEASED, EXPIRED, OPEN, REFUSED)
        )
    )


def unfinished(
    session: Session, org_id: uuid.UUID, since: dt.datetime, limit: int
) -> list[Unfinished]:
    """The latest times that were chosen and not booked."""
    held = _held(org_id, since)
    rows = session.execute(
        select(held)
        .where(held.c.end.in_(UNFINISHED))
        .order_by(held.c.began.desc(), held.c.hold)
        .limit(limit)
    ).all()
    names = _names(session, org_id)
    return [
        Unfinished(
            row.began,
            names.get(row.calendar_id),
            row.starts_at,
            row.channel,
            row.end,
            int((row.ended_at - row.began).total_seconds()),
        )
        for row in rows
    ]


def _held(org_id: uuid.UUID, since: dt.datetime) -> Subquery:
    """A row a hold: what it was for, when it began and ended, and how: a booking counts before everything else."""

    def was(what: str) -> ColumnElement[bool]:
        return func.bool_or(HoldEvent.what == what)

    began = func.min(HoldEvent.at).filter(HoldEvent.what.in_((MADE, EXTENDED)))
    end = case(
        (was(BOOKED), BOOKED),
        (was(REPLACED), REPLACED),
        (was(RELEASED), RELEASED),
        (was(EXPIRED), EXPIRED),
        else_=OPEN,
    )
    first = HoldEvent.what.in_((MADE, EXTENDED))
    return (
        select(
            HoldEvent.hold,
            began.label("began"),
            func.max(HoldEvent.at).label("ended_at"),
            end.label("end"),
            func.max(HoldEvent.channel).filter(first).label("channel"),
            func.max(HoldEvent.starts_at).filter(first).label("starts_at"),
            func.array_agg(HoldEvent.calendar_id).filter(first)[1].label("calendar_id"),
        )
        .where(HoldEvent.org_id == org_id, HoldEvent.hold.is_not(None), HoldEvent.at >= since)
        .group_by(HoldEvent.hold)
        .having(began.is_not(None))
        .subquery()
    )


def _count(held: Subquery, end: str) -> ColumnElement[int]:
    return func.count().filter(held.c.end == end)


def _refused(
    session: Session, org_id: uuid.UUID, since: dt.datetime
) -> dict[uuid.UUID | None, int]:
    rows = session.execute(
        select(HoldEvent.calendar_id, func.count().label(REFUSED))
        .where(HoldEvent.org_id == org_id, HoldEvent.what == REFUSED, HoldEvent.at >= since)
        .group_by(HoldEvent.calendar_id)
    )
    return {row.calendar_id: row.refused for row in rows}


def _names(session: Session, org_id: uuid.UUID) -> dict[uuid.UUID | None, dict[str, str]]:
    rows = session.execute(
        select(Calendar.id, Calendar.names, Service.names.label("service"))
        .join(Service, and_(Service.org_id == Calendar.org_id, Service.id == Calendar.service_id))
        .where(Calendar.org_id == org_id)
    )
    return {row.id: row.names or row.service for row in rows}


def _ends(row: Row[Any] | None, refused: int) -> Ends:
    if row is None:
        return Ends(refused=refused)
    return Ends(
        started=row.started,
        booked=row.booked,
        released=row.released,
        expired=row.expired,
        open=row.open,
        refused=refused,
        minutes=None if row.seconds is None else float(row.seconds) / 60,
    )
