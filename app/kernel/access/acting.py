"""Staff acting for a patient: started with a reason, ended by hand or time, both identities in the trail (KRN-14)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.access.models import ActingAs
from app.kernel.audit.record import record
from app.kernel.permissions import ACT_AS
from app.lib.errors import Invalid

LIFE = dt.timedelta(minutes=30)
MIN_REASON = 5


def start(
    session: Session, actor: Actor, patient_id: uuid.UUID, *, reason: str, now: dt.datetime
) -> ActingAs:
    """Act for a patient of this clinic for LIFE; acting for another one ends. Raises Invalid, Refused.

    The caller has made sure that the actor may see this patient (KRN-04).
    """
    actor.demand(ACT_AS)
    if len(reason.strip()) < MIN_REASON:
        raise Invalid.one("reason", "reason_too_short", min=MIN_REASON)
    _end_open(session, actor, now)
    opened = ActingAs(
        org_id=actor.clinic,
        human_id=actor.human_id,
        patient_id=patient_id,
        reason=reason.strip(),
        started_at=now,
        expires_at=now + LIFE,
    )
    session.add(opened)
    session.flush()
    acting = actor.acting_for(patient_id)
    record(session, acting, "acting_as.start", "patient", patient_id, at=now, reason=opened.reason)
    return opened


def end(session: Session, actor: Actor, opened: ActingAs, *, now: dt.datetime) -> None:
    """Stop acting for the patient."""
    opened.ended_at = now
    session.flush()
    record(session, actor, "acting_as.end", "patient", opened.patient_id, at=now)


def _end_open(session: Session, actor: Actor, now: dt.datetime) -> None:
    session.execute(
        update(ActingAs)
        .where(
            ActingAs.org_id == actor.clinic,
            ActingAs.human_id == actor.human_id,
            ActingAs.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
