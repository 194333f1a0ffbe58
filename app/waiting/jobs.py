"""Offers that ran out, and time that became free without an event: new hours, a morning that begins."""

from __future__ import annotations

from app.kernel.jobs import Surroundings, every
from app.kernel.tenancy.walking import clinic_ids, in_clinic
from app.scheduling.holds import at_hand
from app.waiting.actions import expire, offer_freed
from app.waiting.queries import waiting_count


@every("waiting.expire", minute="*")
def expire_offers(surroundings: Surroundings) -> None:
    """End what has run out; its end offers the time to the next."""
    for org_id in clinic_ids(surroundings.sessions):
        with in_clinic(surroundings.sessions, org_id) as session:
            expire(session, org_id, now=surroundings.clock.now())


@every("waiting.offer", minute="*/5")
def offer_what_is_free(surroundings: Surroundings) -> None:
    """Look at every list for time that no event has told of."""
    for org_id in clinic_ids(surroundings.sessions):
        with in_clinic(surroundings.sessions, org_id) as session:
            if waiting_count(session, org_id):
                offer_freed(session, at_hand(), org_id, now=surroundings.clock.now())
