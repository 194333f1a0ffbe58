"""Handled events leave the outbox after a month, with their receipts; the trail keeps what happened (KRN-06).

The database lets the dispatcher delete nothing that is open, parked or younger.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.kernel.logs import logger
from app.kernel.tenancy.scope import DISPATCH_ROLE, Scope, scoped
from app.lib.clock import Clock

KEPT = dt.timedelta(days=31)
BATCH = 1000
_PURGE = text(
    """
    DELETE FROM outbox_events WHERE (org_id, id) IN (
        SELECT org_id, id FROM outbox_events WHERE done_at < :before ORDER BY done_at LIMIT :batch)
    RETURNING id
    """
)
log = logger(__name__)


def purge(sessions: sessionmaker[Session], clock: Clock) -> int:
    """Delete what was handled longer ago than KEPT, a batch a transaction; how many events that were."""
    gone, before = 0, clock.now() - KEPT
    while True:
        with sessions() as session:
            with scoped(session, Scope(role=DISPATCH_ROLE)):
                batch = len(session.execute(_PURGE, {"before": before, "batch": BATCH}).all())
            session.commit()
        gone += batch
        if batch < BATCH:
            log.info("outbox_purged", events=gone)
            return gone
