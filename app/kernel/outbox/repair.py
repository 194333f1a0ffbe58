"""Events that failed too often: seen by a person, who lets them be tried again or gives them up (KRN-06).

A parked event that was given up is done; that it was parked stays, and the trail says why.
"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.outbox.models import OutboxEvent
from app.lib.errors import Conflict, Invalid, NotFound
from app.lib.text import clean_line

LONGEST_REASON = 500


def parked(session: Session, org_id: uuid.UUID, limit: int = 1000) -> list[OutboxEvent]:
    """Events of a clinic that need a person, oldest first."""
    return list(
        session.scalars(
            select(OutboxEvent)
            .where(_waits(org_id))
            .order_by(OutboxEvent.parked_at, OutboxEvent.id)
            .limit(limit)
        )
    )


def parked_count(session: Session, org_id: uuid.UUID) -> int:
    """How many events of a clinic need a person."""
    return session.scalar(select(func.count()).where(_waits(org_id))) or 0


def _waits(org_id: uuid.UUID) -> ColumnElement[bool]:
    return and_(
        OutboxEvent.org_id == org_id,
        OutboxEvent.parked_at.is_not(None),
        OutboxEvent.done_at.is_(None),
    )


def try_again(
    session: Session, actor: Actor, event_id: uuid.UUID, *, now: dt.datetime
) -> OutboxEvent:
    """Open the event again, with all its attempts; what its subscribers have done already is not repeated.

    Raises NotFound, Conflict `event_not_parked`.
    """
    event = _parked(session, actor, event_id)
    event.parked_at, event.leased_until = None, None
    event.attempts, event.available_at = 0, now
    session.flush()
    record(
        session, actor, "events.try_again", "event", event_id, at=now, after={"name": event.name}
    )
    return event


def give_up(
    session: Session, actor: Actor, event_id: uuid.UUID, reason: str, *, now: dt.datetime
) -> OutboxEvent:
    """Nothing more is done about the event. Raises NotFound, Conflict `event_not_parked`, Invalid `reason`."""
    event = _parked(session, actor, event_id)
    words = clean_line(reason)[:LONGEST_REASON]
    if not words:
        raise Invalid.one("reason", "required")
    event.done_at = now
    session.flush()
    record(
        session,
        actor,
        "events.give_up",
        "event",
        event_id,
        at=now,
        after={"name": event.name},
        reason=words,
    )
    return event


def _parked(session: Session, actor: Actor, event_id: uuid.UUID) -> OutboxEvent:
    event = session.get(
        OutboxEvent, (actor.clinic, event_id), with_for_update=True, populate_existing=True
    )
    if event is None:
        raise NotFound("event_unknown")
    if event.parked_at is None or event.done_at is not None:
        raise Conflict("event_not_parked")
    return event
