"""Offers that ran out, and time that became free without an event: new hours, a morning that begins."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from app.kernel.jobs import Surroundings, every
from app.kernel.tenancy.directory import all_clinic_ids
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, enter, scoped
from app.scheduling.holds import at_hand
from app.waiting.actions import expire, offer_freed
from app.waiting.queries import waiting_count


@every("waiting.expire", minute="*")
def expire_offers(surroundings: Surroundings) -> None:
    """End what has run out; its end offers the time to the next."""
    for org_id in _clinics(surroundings):
        with surroundings.sessions() as session:
            enter(session, Scope(org_id=org_id))
            expire(session, org_id, now=surroundings.clock.now())
            session.commit()


@every("waiting.offer", minute="*/5")
def offer_what_is_free(surroundings: Surroundings) -> None:
    """Look at every list for time that no event has told of."""
    for org_id in _clinics(surroundings):
        with surroundings.sessions() as session:
            enter(session, Scope(org_id=org_id))
            if waiting_count(session, org_id):
                offer_freed(session, at_hand(), org_id, now=surroundings.clock.now())
            session.commit()


def _clinics(surroundings: Surroundings) -> Iterator[uuid.UUID]:
    with surroundings.sessions() as session:
        with scoped(session, Scope(role=PLATFORM_ROLE)):
            found = list(all_clinic_ids(session))
        session.commit()
    yield from found
