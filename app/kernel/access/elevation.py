"""Elevated access of the operator's staff to one clinic: reason, kind of case, time box, told at once (KRN-13)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.access.actor import PLATFORM, Actor
from app.kernel.access.models import ElevatedAccess
from app.kernel.audit.record import record
from app.kernel.outbox import emit
from app.kernel.tenancy import directory
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, scoped
from app.lib.errors import Conflict, Invalid, NotFound, Refused

LONGEST = dt.timedelta(hours=4)
MIN_REASON = 10
CASE_KINDS = ("support", "security", "data_request")
ACCESS_ELEVATED = "access.elevated"


def open_access(
    session: Session,
    actor: Actor,
    org_id: uuid.UUID,
    *,
    case_kind: str,
    reason: str,
    minutes: int,
    now: dt.datetime,
) -> ElevatedAccess:
    """Open read-only access to one clinic for `minutes` (at most 240). The clinic is told by event `access.elevated`.

    Raises Invalid, Conflict `elevation_open` when this person has one open there already, NotFound for a clinic that is
    not active, Refused for anybody who is not of the operator.
    """
    _check(actor, case_kind, reason, minutes)
    with scoped(session, Scope(human_id=actor.human_id, role=PLATFORM_ROLE)):
        if directory.clinic(session, org_id).activated_at is None:
            raise NotFound
        if _mine_open(session, org_id, actor.human_id, now) is not None:
            raise Conflict("elevation_open")
        opened = ElevatedAccess(
            org_id=org_id,
            human_id=actor.human_id,
            case_kind=case_kind,
            reason=reason.strip(),
            opened_at=now,
            expires_at=now + dt.timedelta(minutes=minutes),
            created_at=now,
        )
        session.add(opened)
        session.flush()
        _record(session, actor, opened, "access.elevate", now)
        emit(session, org_id, ACCESS_ELEVATED, {"elevated_id": opened.id}, at=now)
    return opened


def close_access(
    session: Session, actor: Actor, org_id: uuid.UUID, elevated_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """End an elevated access before its time. Raises NotFound for one that is not open."""
    if actor.kind != PLATFORM:
        raise Refused("operator_only")
    with scoped(session, Scope(human_id=actor.human_id, role=PLATFORM_ROLE)):
        opened = session.get(ElevatedAccess, (org_id, elevated_id), with_for_update=True)
        if opened is None or opened.closed_at is not None or opened.expires_at <= now:
            raise NotFound
        opened.closed_at = now
        session.flush()
        _record(session, actor, opened, "access.elevate_end", now)


def history(session: Session, org_id: uuid.UUID, limit: int = 50) -> Sequence[ElevatedAccess]:
    """Elevated accesses to a clinic, the latest first. For the operator, or for the clinic in its own scope."""
    return session.scalars(
        select(ElevatedAccess)
        .where(ElevatedAccess.org_id == org_id)
        .order_by(ElevatedAccess.opened_at.desc())
        .limit(limit)
    ).all()


def _check(actor: Actor, case_kind: str, reason: str, minutes: int) -> None:
    if actor.kind != PLATFORM or actor.human_id is None:
        raise Refused("operator_only")
    if case_kind not in CASE_KINDS:
        raise Invalid.one("case_kind", "unknown_choice")
    if len(reason.strip()) < MIN_REASON:
        raise Invalid.one("reason", "reason_too_short", min=MIN_REASON)
    if not 1 <= minutes <= LONGEST.total_seconds() // 60:
        raise Invalid.one("minutes", "unknown_choice")


def _mine_open(
    session: Session, org_id: uuid.UUID, human_id: uuid.UUID | None, now: dt.datetime
) -> uuid.UUID | None:
    return session.scalar(
        select(ElevatedAccess.id).where(
            ElevatedAccess.org_id == org_id,
            ElevatedAccess.human_id == human_id,
            ElevatedAccess.closed_at.is_(None),
            ElevatedAccess.expires_at > now,
        )
    )


def _record(
    session: Session, actor: Actor, opened: ElevatedAccess, action: str, now: dt.datetime
) -> None:
    """In the operator's trail and in the clinic's."""
    for org_id in (None, opened.org_id):
        whose = replace(actor, org_id=org_id, elevated_id=opened.id)
        record(session, whose, action, "clinic", opened.org_id, at=now, reason=opened.reason)
