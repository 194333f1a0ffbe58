"""The log of holds by the clock: taken in and closed every minute, the old forgotten at night (SCH-09)."""

from __future__ import annotations

from app.kernel.jobs import Surroundings, every
from app.kernel.tenancy.walking import clinic_ids, in_clinic
from app.scheduling.hold_log.taking_in import end_lapsed, forget, take_in
from app.scheduling.holds import at_hand


@every("holds.log", minute="*")
def keep_log(surroundings: Surroundings) -> None:
    """Take in what was noted, then end what ran out."""
    take_in(at_hand(), surroundings.sessions)
    now = surroundings.clock.now()
    for org_id in clinic_ids(surroundings.sessions):
        with in_clinic(surroundings.sessions, org_id) as session:
            end_lapsed(session, org_id, now)


@every("holds.forget", minute="20", hour="2")
def forget_old(surroundings: Surroundings) -> None:
    """What is older than ninety days."""
    forget(surroundings.sessions, surroundings.clock.now())
