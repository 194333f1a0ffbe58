"""Writing the trail."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.models import DONE, AuditEvent, RecordAccess
from app.kernel.db import table_of
from app.lib.ids import uuid7

# Written with every change, so these go past the mapper: a prepared statement and its values.
_EVENT = insert(table_of(AuditEvent))
_ACCESS = insert(table_of(RecordAccess))


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject_type: str,
    subject_id: object | None,
    *,
    at: dt.datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
    outcome: str = DONE,
    status: int | None = None,
) -> None:
    """Append one event in the caller's transaction. Never pass a secret or a signature image."""
    session.execute(
        _EVENT,
        {
            "id": uuid7(),
            "org_id": actor.org_id,
            "at": at,
            "actor_kind": actor.kind,
            "actor_human_id": actor.human_id,
            "on_behalf_of": actor.on_behalf_of,
            "elevated_id": actor.elevated_id,
            "action": action,
            "subject_type": subject_type,
            "subject_id": None if subject_id is None else str(subject_id),
            "outcome": outcome,
            "status": status,
            "before": before,
            "after": after,
            "reason": reason,
            "ip": actor.origin.ip,
            "user_agent": actor.origin.user_agent,
            "request_id": actor.origin.request_id,
        },
    )


def record_access(
    session: Session, actor: Actor, patient_id: uuid.UUID, what: str, *, at: dt.datetime
) -> None:
    """Append to the access journal that `actor` looked at `what` of a patient."""
    session.execute(
        _ACCESS,
        {
            "org_id": actor.clinic,
            "id": uuid7(),
            "at": at,
            "actor_kind": actor.kind,
            "actor_human_id": actor.human_id,
            "elevated_id": actor.elevated_id,
            "patient_id": patient_id,
            "what": what,
            "ip": actor.origin.ip,
            "request_id": actor.origin.request_id,
        },
    )
