"""The dispatcher: claims open events under a lease and runs their subscribers (KRN-06).

A killed worker loses its lease and another one takes over; each subscriber commits its work together with its
receipt, so a repeat finds the receipt and skips. A subscriber that keeps failing is parked with its error.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from app.kernel.logs import bound, logger
from app.kernel.metrics import OUTBOX_LAG_SECONDS, OUTBOX_WAITING
from app.kernel.outbox.models import OutboxEvent, OutboxReceipt
from app.kernel.outbox.registry import Event, Handler, handlers_of
from app.kernel.tenancy.scope import DISPATCH_ROLE, Scope, enter, scoped
from app.lib.clock import Clock
from app.lib.ids import uuid7

LEASE = dt.timedelta(seconds=60)
MAX_ATTEMPTS = 8
# Few at a time: a slow provider must not keep many events from the dispatcher beside it.
BATCH = 8
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
_WAITING = text(
    """
    SELECT count(*) AS events, min(available_at) AS oldest FROM outbox_events
    WHERE done_at IS NULL AND parked_at IS NULL AND available_at <= :now
    """
)


@dataclass(frozen=True)
class _Claimed:
    """An event that is ours until `until`."""

    event: Event
    until: dt.datetime


def drain(
    sessions: sessionmaker[Session],
    clock: Clock,
    limit: int = 1000,
    *,
    lease: dt.timedelta = LEASE,
    stopped: Callable[[], bool] = lambda: False,
) -> int:
    """Handle open events until none is left, `limit` is reached or `stopped` says so; returns how many were claimed.

    An event stays claimed for `lease`: the time after which another dispatcher takes it from a killed one.
    """
    handled = 0
    while handled < limit and not stopped():
        claimed = _claim(sessions, clock, lease)
        if not claimed:
            break
        for one in claimed:
            _handle_in_time(sessions, clock, one, stopped)
        handled += len(claimed)
    return handled


def _claim(sessions: sessionmaker[Session], clock: Clock, lease: dt.timedelta) -> list[_Claimed]:
    now = clock.now()
    until = now + lease
    with sessions() as session:
        with scoped(session, Scope(role=DISPATCH_ROLE)):
            rows = session.execute(_CLAIM, {"until": until, "now": now, "batch": BATCH}).all()
        session.commit()
    return [
        _Claimed(
            Event(row.id, row.org_id, row.name, row.payload, row.created_at, now, row.attempts),
            until,
        )
        for row in sorted(rows, key=lambda row: row.id)
    ]


def _handle_in_time(
    sessions: sessionmaker[Session], clock: Clock, claimed: _Claimed, stopped: Callable[[], bool]
) -> None:
    """Handle an event unless its lease has run out meanwhile, or we were asked to end: then it is given back."""
    now = clock.now()
    if stopped() or now >= claimed.until:
        _give_back(sessions, claimed.event)
        return
    with bound(event_id=str(claimed.event.id), org_id=str(claimed.event.org_id)):
        _handle(sessions, clock, replace(claimed.event, now=now))


def _give_back(sessions: sessionmaker[Session], event: Event) -> None:
    """Unclaim what we did not start: no attempt was made, and nobody need wait for the lease."""
    _update(sessions, event, {"leased_until": None, "attempts": event.attempt - 1})


def _handle(sessions: sessionmaker[Session], clock: Clock, event: Event) -> None:
    if event.attempt > MAX_ATTEMPTS:
        # Its workers were killed every time, so it never came to an error: it must not kill the next one.
        _finish(sessions, clock, event, ["interrupted"])
        return
    errors = [
        f"{name}: {type(error).__name__}"
        for name, handler in handlers_of(event.name).items()
        if (error := _run(sessions, event, name, handler)) is not None
    ]
    _finish(sessions, clock, event, errors)


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


def _finish(sessions: sessionmaker[Session], clock: Clock, event: Event, errors: list[str]) -> None:
    now = clock.now()
    values: dict[str, object] = {"leased_until": None, "error": "; ".join(errors) or None}
    if not errors:
        values["done_at"] = now
    elif event.attempt >= MAX_ATTEMPTS:
        values["parked_at"] = now
        log.error("event_parked", event_name=event.name)
    else:
        values["available_at"] = now + retry_delay(event.attempt)
    _update(sessions, event, values)


def _update(sessions: sessionmaker[Session], event: Event, values: dict[str, object]) -> None:
    """Write what became of our claim; nothing where another dispatcher has taken it over since."""
    with sessions() as session:
        enter(session, Scope(org_id=event.org_id))
        session.execute(
            update(OutboxEvent)
            .where(
                OutboxEvent.org_id == event.org_id,
                OutboxEvent.id == event.id,
                OutboxEvent.attempts == event.attempt,
            )
            .values(**values)
        )
        session.commit()


def retry_delay(attempts: int) -> dt.timedelta:
    """Exponential backoff: 5 s, 20 s, 80 s ... at most one hour."""
    return dt.timedelta(seconds=min(5 * 4 ** (attempts - 1), 3600))


def measure(sessions: sessionmaker[Session], clock: Clock) -> None:
    """Set the gauges: how many events are due, and since when the oldest one is (OPS-01)."""
    now = clock.now()
    with sessions() as session:
        with scoped(session, Scope(role=DISPATCH_ROLE)):
            row = session.execute(_WAITING, {"now": now}).one()
        session.commit()
    OUTBOX_WAITING.set(row.events)
    OUTBOX_LAG_SECONDS.set((now - row.oldest).total_seconds() if row.oldest else 0)
