"""The dispatcher: claims open events under a lease and runs their subscribers (KRN-06).

A killed worker loses its lease and another one takes over; each subscriber commits its work together with its
receipt, so a repeat finds the receipt and skips. A subscriber that keeps failing is parked with its error.
"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from app.kernel.logs import logger
from app.kernel.outbox.models import OutboxEvent, OutboxReceipt
from app.kernel.outbox.registry import Event, Handler, handlers_of
from app.kernel.tenancy.scope import DISPATCH_ROLE, Scope, enter
from app.lib.clock import Clock
from app.lib.ids import uuid7

LEASE = dt.timedelta(seconds=60)
MAX_ATTEMPTS = 8
BATCH = 20
log = logger(__name__)

_CLAIM = text(
    """
    UPDATE outbox_events SET leased_until = :until, attempts = attempts + 1
    WHERE (org_id, id) IN (
        SELECT org_id, id FROM outbox_events
        WHERE done_at IS NULL AND parked_at IS NULL AND available_at <= :now
          AND (leased_until IS NULL OR leased_until < :now)
        ORDER BY available_at, id LIMIT :batch FOR UPDATE SKIP LOCKED)
    RETURNING org_id, id, name, payload, created_at, attempts
    """
)


def drain(sessions: sessionmaker[Session], clock: Clock, limit: int = 1000) -> int:
    """Handle open events until none is left or `limit` is reached; returns how many were claimed."""
    handled = 0
    while handled < limit:
        claimed = _claim(sessions, clock)
        if not claimed:
            break
        for event, attempts in claimed:
            _handle(sessions, clock, event, attempts)
        handled += len(claimed)
    return handled


def _claim(sessions: sessionmaker[Session], clock: Clock) -> list[tuple[Event, int]]:
    now = clock.now()
    with sessions() as session:
        enter(session, Scope(role=DISPATCH_ROLE))
        rows = session.execute(_CLAIM, {"until": now + LEASE, "now": now, "batch": BATCH}).all()
        session.commit()
    ordered = sorted(rows, key=lambda row: row.id)
    return [
        (Event(row.id, row.org_id, row.name, row.payload, row.created_at), row.attempts)
        for row in ordered
    ]


def _handle(sessions: sessionmaker[Session], clock: Clock, event: Event, attempts: int) -> None:
    errors = [
        f"{name}: {type(error).__name__}"
        for name, handler in handlers_of(event.name).items()
        if (error := _run(sessions, event, name, handler)) is not None
    ]
    _finish(sessions, clock, event, attempts, errors)


def _run(
    sessions: sessionmaker[Session], event: Event, name: str, handler: Handler
) -> Exception | None:
    """Run one subscriber and its receipt in one transaction; the error is returned, not raised."""
    with sessions() as session:
        enter(session, Scope(org_id=event.org_id))
        try:
            if _take_receipt(session, event, name):
                handler(session, event)
            session.commit()
        except Exception as error:  # noqa: BLE001 - one subscriber must not stop the others.
            session.rollback()
            log.warning(
                "subscriber_failed",
                event_id=str(event.id),
                event_name=event.name,
                subscriber=name,
                error=type(error).__name__,
            )
            return error
    return None


def _take_receipt(session: Session, event: Event, name: str) -> bool:
    """Claim the right to handle; False when this subscriber has already handled the event."""
    taken = session.execute(
        insert(OutboxReceipt)
        .values(org_id=event.org_id, id=uuid7(), event_id=event.id, subscriber=name)
        .on_conflict_do_nothing()
        .returning(OutboxReceipt.id)
    ).scalar_one_or_none()
    return taken is not None


def _finish(
    sessions: sessionmaker[Session],
    clock: Clock,
    event: Event,
    attempts: int,
    errors: list[str],
) -> None:
    now = clock.now()
    values: dict[str, object] = {"leased_until": None, "error": "; ".join(errors) or None}
    if not errors:
        values["done_at"] = now
    elif attempts >= MAX_ATTEMPTS:
        values["parked_at"] = now
    else:
        values["available_at"] = now + retry_delay(attempts)
    with sessions() as session:
        enter(session, Scope(org_id=event.org_id))
        session.execute(
            update(OutboxEvent)
            .where(OutboxEvent.org_id == event.org_id, OutboxEvent.id == event.id)
            .values(**values)
        )
        session.commit()


def retry_delay(attempts: int) -> dt.timedelta:
    """Exponential backoff: 5 s, 20 s, 80 s ... at most one hour."""
    return dt.timedelta(seconds=min(5 * 4 ** (attempts - 1), 3600))


def parked(session: Session, org_id: uuid.UUID) -> list[OutboxEvent]:
    """Events of a clinic that need a person, oldest first."""
    return list(
        session.scalars(
            select(OutboxEvent)
            .where(OutboxEvent.org_id == org_id, OutboxEvent.parked_at.is_not(None))
            .order_by(OutboxEvent.parked_at)
        )
    )
