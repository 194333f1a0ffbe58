"""For how long a freed time is kept for whoever it is offered to (BYD-04)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.tenancy.settings import WholeSetting, settings_of

# Time enough to read a message, and not a day that nobody else can use.
WINDOW_MIN = WholeSetting("waiting_offer_min", least=15, most=1440, usual=60)


def offer_window_min(session: Session, org_id: uuid.UUID) -> int:
    """For how many minutes the clinic keeps an offered time at most."""
    return WINDOW_MIN.read(settings_of(session, org_id))


def set_offer_window(session: Session, actor: Actor, minutes: int, *, now: dt.datetime) -> bool:
    """Settle it; offers that are open keep theirs. False where it was so. Raises Invalid `out_of_range`."""
    before = WINDOW_MIN.settle(session, actor.clinic, minutes)
    if before == minutes:
        return False
    record(
        session,
        actor,
        "waiting.set_window",
        "clinic",
        actor.clinic,
        at=now,
        before={"minutes": before},
        after={"minutes": minutes},
    )
    return True
