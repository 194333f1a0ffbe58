"""How many days count as soon: within them a known patient sees their usual specialist's times first (BYD-03)."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from app.appointments.rules.continuity import KEY, LONGEST_DAYS, SHORTEST_DAYS, soon_days
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.tenancy.settings import settings_of, settle
from app.lib.errors import Invalid


def set_continuity(session: Session, actor: Actor, days: int, *, now: dt.datetime) -> bool:
    """Settle it. False where it was so. Raises Invalid `out_of_range`."""
    lowest, highest = SHORTEST_DAYS, LONGEST_DAYS
    if not lowest <= days <= highest:
        raise Invalid.one(KEY, "out_of_range", lowest=lowest, highest=highest)
    before = soon_days(settings_of(session, actor.clinic))
    if before == days:
        return False
    settle(session, actor.clinic, KEY, days)
    record(
        session,
        actor,
        "appointments.set_continuity",
        "clinic",
        actor.clinic,
        at=now,
        before={"days": before},
        after={"days": days},
    )
    return True
