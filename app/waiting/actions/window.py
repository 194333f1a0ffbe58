"""For how long a freed time is kept for whoever it is offered to (BYD-04)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.tenancy.settings import settings_of, settle, whole_setting
from app.lib.errors import Invalid
from app.waiting.rules.deadline import LONGEST_WINDOW_MIN, SHORTEST_WINDOW_MIN, USUAL_MIN

KEY = "waiting_offer_min"


def offer_window_min(session: Session, org_id: uuid.UUID) -> int:
    """For how many minutes the clinic keeps an offered time at most."""
    return whole_setting(settings_of(session, org_id), KEY, USUAL_MIN)


def set_offer_window(session: Session, actor: Actor, minutes: int, *, now: dt.datetime) -> bool:
    """Settle it; offers that are open keep theirs. False where it was so. Raises Invalid `out_of_range`."""
    lowest, highest = SHORTEST_WINDOW_MIN, LONGEST_WINDOW_MIN
    if not lowest <= minutes <= highest:
        raise Invalid.one(KEY, "out_of_range", lowest=lowest, highest=highest)
    before = offer_window_min(session, actor.clinic)
    if before == minutes:
        return False
    settle(session, actor.clinic, KEY, minutes)
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
