"""Keeping a held time for longer while its form is still being filled in (SCH-04)."""

from __future__ import annotations

import datetime as dt
import uuid

from redis import Redis
from sqlalchemy.orm import Session

from app.appointments.actions.booking import Assigned
from app.appointments.actions.holding import HeldSlot, footprint
from app.lib.errors import Conflict
from app.scheduling.hold_log.stream import Asked
from app.scheduling.holds import Holds, Outcome
from app.scheduling.queries import Asker, CalendarView, free_at


def extend_hold(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    starts_at: dt.datetime,
    assigned: Assigned,
    token: str,
    client: str,
    *,
    channel: str,
    now: dt.datetime,
) -> HeldSlot:
    """Keep the time for its owner for a whole life from now. Raises Conflict `slot_taken` when it was lost meanwhile.

    A hold that has lapsed is placed anew if nobody came in between. Where Redis is away nothing is kept.
    """
    asker = Asker(now, client)
    able = free_at(session, redis, org_id, calendar, asker, starts_at, assigned.specialist_id)
    if assigned.specialist_id not in able:
        raise Conflict("slot_taken")
    person = calendar.person(assigned.specialist_id)
    wanted = footprint(session, org_id, calendar, person, starts_at)
    kept = Holds(redis, org_id).place(
        wanted,
        client,
        now,
        token=token or None,
        asked=Asked(channel, calendar.id, starts_at),
    )
    if kept.outcome is Outcome.TAKEN:
        raise Conflict("slot_taken")
    return HeldSlot(assigned, kept.token, kept.expires_at)
