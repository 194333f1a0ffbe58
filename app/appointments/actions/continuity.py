"""How many days count as soon: within them a known patient sees their usual specialist's times first (BYD-03)."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from app.appointments.rules.continuity import USUAL_DAYS
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.tenancy.settings import WholeSetting

SOON_DAYS = WholeSetting("continuity_days", least=1, most=60, usual=USUAL_DAYS)


def set_continuity(session: Session, actor: Actor, days: int, *, now: dt.datetime) -> bool:
    """Settle it. False where it was so. Raises Invalid `out_of_range`."""
    before = SOON_DAYS.settle(session, actor.clinic, days)
    if before == days:
        return False
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
