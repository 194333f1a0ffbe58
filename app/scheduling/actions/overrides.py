"""Dates that differ from the weekly hours: days off, other hours, extra hours (SCH-01)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel import live
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import Invalid, NotFound
from app.lib.ids import uuid7
from app.people.specialists.actions import locked
from app.scheduling.actions.hours import field_error
from app.scheduling.models import DateOverride
from app.scheduling.rules.weeks import Reading, day_faults

REPLACE = "replace"
ADD = "add"
KINDS = (REPLACE, ADD)
LONGEST_DAYS = 366


def set_override(
    session: Session,
    actor: Actor,
    specialist_id: uuid.UUID,
    day: dt.date,
    kind: str,
    windows: Sequence[Reading],
    reason: str,
    now: dt.datetime,
) -> None:
    """Say what is different on one local date: `replace` without windows closes it."""
    set_overrides(session, actor, specialist_id, day, day, kind, windows, reason, now)


def set_overrides(
    session: Session,
    actor: Actor,
    specialist_id: uuid.UUID,
    first: dt.date,
    last: dt.date,
    kind: str,
    windows: Sequence[Reading],
    reason: str,
    now: dt.datetime,
) -> None:
    """Say what is different on the local dates from `first` to `last`, both included.

    What was said of the same dates in the same kind is replaced. Raises Invalid for a range that ends before it begins
    or is longer than a year (`last`), for windows that cannot be and for extra hours without any (`windows`).
    """
    _check(first, last, kind, windows)
    locked(session, actor.clinic, specialist_id)
    said = {"windows": [list(one) for one in sorted(windows)], "reason": reason}
    rows = [
        {
            "org_id": actor.clinic,
            "id": uuid7(),
            "specialist_id": specialist_id,
            "day": first + dt.timedelta(days=offset),
            "kind": kind,
            **said,
        }
        for offset in range((last - first).days + 1)
    ]
    statement = insert(DateOverride).values(rows)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["org_id", "specialist_id", "day", "kind"],
            set_={"windows": statement.excluded.windows, "reason": statement.excluded.reason},
        )
    )
    record(
        session,
        actor,
        "schedule.set_override",
        "specialist",
        specialist_id,
        at=now,
        after={**_range(first, last, kind), "windows": said["windows"]},
        reason=reason or None,
    )
    live.tell(session, actor.clinic, live.AVAILABILITY)


def clear_overrides(
    session: Session,
    actor: Actor,
    specialist_id: uuid.UUID,
    first: dt.date,
    last: dt.date,
    kind: str,
    now: dt.datetime,
) -> None:
    """Let the weekly hours count again from `first` to `last`. Raises NotFound when nothing was said there."""
    locked(session, actor.clinic, specialist_id)
    gone = session.execute(
        delete(DateOverride)
        .where(
            DateOverride.org_id == actor.clinic,
            DateOverride.specialist_id == specialist_id,
            DateOverride.kind == kind,
            DateOverride.day.between(first, last),
        )
        .returning(DateOverride.day, DateOverride.windows, DateOverride.reason)
    ).all()
    if not gone:
        raise NotFound("override_not_found")
    record(
        session,
        actor,
        "schedule.clear_override",
        "specialist",
        specialist_id,
        at=now,
        before={
            **_range(first, last, kind),
            "days": [[row.day.isoformat(), row.windows, row.reason] for row in gone],
        },
    )
    live.tell(session, actor.clinic, live.AVAILABILITY)


def _check(first: dt.date, last: dt.date, kind: str, windows: Sequence[Reading]) -> None:
    if kind not in KINDS:
        raise Invalid.one("kind", "unknown_choice")
    if last < first:
        raise Invalid.one("last", "range_backwards")
    if (last - first).days >= LONGEST_DAYS:
        raise Invalid.one("last", "range_too_long", limit=LONGEST_DAYS)
    if kind == ADD and not windows:
        raise Invalid.one("windows", "hours_empty")
    faults = day_faults(windows)
    if faults:
        raise Invalid(field_error("windows", one) for one in faults)


def _range(first: dt.date, last: dt.date, kind: str) -> dict[str, str]:
    return {"day": first.isoformat(), "last": last.isoformat(), "kind": kind}
