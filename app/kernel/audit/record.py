"""Writing the trail."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.models import DONE, AuditEvent, RecordAccess
from app.kernel.db import table_of, write_row
from app.lib.ids import uuid7

_EVENTS, _ACCESSES = table_of(AuditEvent), table_of(RecordAccess)


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
    subject = None if subject_id is None else str(subject_id)
    told = {"before": before, "after": after, "reason": reason, "outcome": outcome}
    common = _who(actor) | {"at": at, "action": action, "subject_type": subject_type}
    write_row(
        session,
        _EVENTS,
        {**common, **told, "id": uuid7(), "subject_id": subject, "status": status},
    )


def record_each(
    session: Session,
    actor: Actor,
    action: str,
    subject_type: str,
    subjects: Sequence[uuid.UUID],
    *,
    at: dt.datetime,
    after: dict[str, Any] | None = None,
) -> None:
    """Append the same event for each of many subjects, in one round to the database."""
    for one in subjects:
        record(session, actor, action, subject_type, one, at=at, after=after)


def _who(actor: Actor) -> dict[str, Any]:
    return {
        "org_id": actor.org_id,
        "actor_kind": actor.kind,
        "actor_human_id": actor.human_id,
        "on_behalf_of": actor.on_behalf_of,
        "elevated_id": actor.elevated_id,
        "ip": actor.origin.ip,
        "user_agent": actor.origin.user_agent,
        "request_id": actor.origin.request_id,
    }


def record_access(
    session: Session, actor: Actor, patient_id: uuid.UUID, what: str, *, at: dt.datetime
) -> None:
    """Append to the access journal that `actor` looked at `what` of a patient."""
    write_row(
        session,
        _ACCESSES,
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
