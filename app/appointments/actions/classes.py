"""A whole class at once (CAT-02)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy.orm import Session

from app.appointments.actions.lifecycle import cancel
from app.appointments.models import Appointment
from app.appointments.states import OPEN
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.scheduling.queries.classes import class_view


def cancel_class(
    session: Session, actor: Actor, class_id: uuid.UUID, *, now: dt.datetime, reason: str = ""
) -> int:
    """Cancel the visit of every participant, each told in the usual way; gives how many. Raises NotFound."""
    found = class_view(session, actor.clinic, class_id)
    cancelled = 0
    for visit_id in found.holder_ids:
        visit = session.get(Appointment, (actor.clinic, visit_id))
        if visit is not None and visit.state in OPEN:
            cancel(session, actor, visit_id, now=now, reason=reason)
            cancelled += 1
    record(
        session,
        actor,
        "classes.cancel",
        "class",
        class_id,
        at=now,
        after={"visits": cancelled},
        reason=reason or None,
    )
    return cancelled
