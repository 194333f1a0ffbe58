"""What telerehabilitation does when others announce: a withdrawn consent stops the camera at once (TLM-02, CNS-03)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.consents.events import WITHDRAWN
from app.kernel.logs import logger
from app.kernel.outbox import Event, subscribe
from app.lib.errors import Unavailable
from app.telerehab.actions import BIOMETRIC, withdraw_flags

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
