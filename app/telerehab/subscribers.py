"""What telerehabilitation does when others announce: a consent that is withdrawn, or lapses as cards of a person are
merged, stops the camera at once (TLM-02, CNS-03, BYD-09).
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.consents.events import WITHDRAWN
from app.kernel.logs import logger
from app.kernel.outbox import Event, subscribe
from app.lib.errors import Unavailable
from app.people.merging.actions import MERGED, UNMERGED
from app.telerehab.actions import BIOMETRIC, withdraw_flags, withdraw_where_lapsed

log = logger(__name__)


@subscribe(WITHDRAWN, "telerehab.stop_measuring")
def stop_measuring(session: Session, event: Event) -> None:
    """The guarantee: repeated until the flags of every open session say so."""
    if event.payload["purpose"] == BIOMETRIC:
        withdraw_flags(session, event.org_id, event.uuid("patient_id"))


def stop_measuring_now(session: Session, event: Event) -> None:
    """In the withdrawing request itself, with no worker needed; where Redis is away the subscriber follows.

    The composer attaches it, because web processes load no subscribers.
    """
    try:
        stop_measuring(session, event)
    except Unavailable:
        log.warning("consent_flag_waits")


@subscribe(MERGED, "telerehab.stop_lapsed")
@subscribe(UNMERGED, "telerehab.stop_lapsed")
def stop_lapsed(session: Session, event: Event) -> None:
    """The latest word on any card of a person counts: a session that was allowed may not be any more."""
    for card in ("patient_id", "other_id"):
        withdraw_where_lapsed(session, event.org_id, event.uuid(card))


def stop_lapsed_now(session: Session, event: Event) -> None:
    """In the merging request itself, as `stop_measuring_now`."""
    try:
        stop_lapsed(session, event)
    except Unavailable:
        log.warning("consent_flag_waits")
