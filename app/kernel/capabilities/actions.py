"""What the operator decides about capabilities (CAP-01): clearance, grant to a clinic, pause, resume."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel.access.actor import PLATFORM, SYSTEM, Actor
from app.kernel.audit.record import record
from app.kernel.capabilities.gate import Capability
from app.kernel.capabilities.models import CapabilityClearance, ClinicCapability
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, scoped
from app.lib.errors import Invalid, Refused
from app.lib.ids import uuid7

MIN_REASON = 5


def clear(
    session: Session, actor: Actor, capability: Capability, *, basis: str, now: dt.datetime
) -> None:
    """Open a capability for the platform, on a regulatory basis that is named. Raises Invalid."""
    _operator_only(actor)
    named = _reason(basis, "basis")
    with scoped(session, _scope(actor)):
        session.execute(
            insert(CapabilityClearance)
            .values(id=uuid7(), capability=capability.value, basis=named, cleared_at=now)
            .on_conflict_do_update(
                index_elements=["capability"], set_={"basis": named, "cleared_at": now}
            )
        )
        _record(session, actor, None, "capability.clear", capability, now, named)


def unclear(
    session: Session, actor: Actor, capability: Capability, *, reason: str, now: dt.datetime
) -> None:
    """Close a capability for the platform, and so for every clinic at once. Raises Invalid."""
    _operator_only(actor)
    why = _reason(reason, "basis")
    with scoped(session, _scope(actor)):
        session.execute(
            delete(CapabilityClearance).where(CapabilityClearance.capability == capability.value)
        )
        _record(session, actor, None, "capability.unclear", capability, now, why)


def grant(
    session: Session,
    actor: Actor,
    org_id: uuid.UUID,
    capability: Capability,
    *,
    granted: bool,
    now: dt.datetime,
) -> None:
    """Grant a capability to a clinic, or take it back."""
    _operator_only(actor)
    verb = "capability.grant" if granted else "capability.revoke"
    with scoped(session, _scope(actor)):
        _put(session, org_id, capability, {"granted": granted})
        _record(session, actor, org_id, verb, capability, now)


def pause(
    session: Session,
    actor: Actor,
    org_id: uuid.UUID,
    capability: Capability,
    *,
    reason: str,
    expected_end: dt.datetime | None,
    now: dt.datetime,
) -> None:
    """Stop a capability of a clinic for a while; the clinic reads reason and expected end. Raises Invalid."""
    _operator_only(actor)
    why = _reason(reason, "reason")
    if expected_end is not None and expected_end <= now:
        raise Invalid.one("expected_end", "must_be_later")
    values = {"paused_at": now, "pause_reason": why, "pause_expected_end": expected_end}
    with scoped(session, _scope(actor)):
        _put(session, org_id, capability, values)
        _record(session, actor, org_id, "capability.pause", capability, now, why)


def resume(
    session: Session, actor: Actor, org_id: uuid.UUID, capability: Capability, *, now: dt.datetime
) -> None:
    """End a pause."""
    _operator_only(actor)
    values = {"paused_at": None, "pause_reason": None, "pause_expected_end": None}
    with scoped(session, _scope(actor)):
        _put(session, org_id, capability, values)
        _record(session, actor, org_id, "capability.resume", capability, now)


def clearances(session: Session) -> dict[str, CapabilityClearance]:
    """The open clearances of the platform, by capability."""
    return {row.capability: row for row in session.scalars(select(CapabilityClearance))}


def _operator_only(actor: Actor) -> None:
    if actor.kind not in (PLATFORM, SYSTEM):
        raise Refused("operator_only")


def _scope(actor: Actor) -> Scope:
    return Scope(human_id=actor.human_id, role=PLATFORM_ROLE)


def _reason(text: str, field: str) -> str:
    if len(text.strip()) < MIN_REASON:
        raise Invalid.one(field, "reason_too_short", min=MIN_REASON)
    return text.strip()


def _put(
    session: Session, org_id: uuid.UUID, capability: Capability, values: dict[str, Any]
) -> None:
    session.execute(
        insert(ClinicCapability)
        .values(org_id=org_id, id=uuid7(), capability=capability.value, **values)
        .on_conflict_do_update(index_elements=["org_id", "capability"], set_=values)
    )


def _record(
    session: Session,
    actor: Actor,
    org_id: uuid.UUID | None,
    action: str,
    capability: Capability,
    now: dt.datetime,
    reason: str | None = None,
) -> None:
    """In the operator's trail, and in the clinic's where one is concerned."""
    for whose in {None, org_id}:
        told = replace(actor, org_id=whose)
        after = {"capability": capability.value, "org_id": str(org_id) if org_id else None}
        record(session, told, action, "capability", capability, at=now, after=after, reason=reason)
