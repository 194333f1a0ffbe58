"""Taking the noted steps into the database, ending what ran out, forgetting what is old (SCH-09).

An entry leaves the stream only after its row is committed; one that is read again meets its own row.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, cast

from redis import Redis
from sqlalchemy import exists, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased, sessionmaker

from app.kernel.db import table_of
from app.kernel.logs import logger
from app.kernel.redis import best_effort
from app.kernel.tenancy.scope import DISPATCH_ROLE, Scope, scoped
from app.kernel.tenancy.walking import clinic_ids, in_clinic
from app.lib.ids import uuid7
from app.scheduling.hold_log.models import HoldEvent
from app.scheduling.hold_log.stream import (
    BOOKED,
    EXPIRED,
    EXTENDED,
    MADE,
    RELEASED,
    REPLACED,
    STREAM,
    Entry,
    parse,
)
from app.scheduling.models import Calendar

BATCH = 500
# The database refuses to forget anything younger than ninety days.
KEPT = dt.timedelta(days=91)
# A hold may be booked in the second in which it runs out, and that is noted after the commit.
PATIENCE = dt.timedelta(minutes=2)
_LOOKED_BACK = dt.timedelta(days=14)
_ENDED = (REPLACED, RELEASED, EXPIRED, BOOKED)
_FORGET = text(
    """
    DELETE FROM hold_events WHERE (org_id, id) IN (
        SELECT org_id, id FROM hold_events WHERE at < :before LIMIT :batch) RETURNING id
    """
)
log = logger(__name__)


def take_in(redis: Redis, sessions: sessionmaker[Session]) -> int:
    """Everything that the stream holds now; gives how many entries that were. Nothing where Redis is away."""
    known: frozenset[uuid.UUID] | None = None
    taken = 0
    while True:
        raw = best_effort("hold_log_read", lambda: _read(redis), None)
        if not raw:
            return taken
        known = known if known is not None else frozenset(clinic_ids(sessions))
        for org_id, entries in _by_clinic(raw).items():
            if org_id in known:
                _write(sessions, org_id, entries)
        if not _done(redis, [source for source, _fields in raw]):
            return taken
        taken += len(raw)


def end_lapsed(session: Session, org_id: uuid.UUID, now: dt.datetime) -> int:
    """Note of every hold that ended in nothing that it ran out; gives how many."""
    later = aliased(HoldEvent)
    ended = exists().where(
        later.org_id == HoldEvent.org_id, later.hold == HoldEvent.hold, later.what.in_(_ENDED)
    )
    last = func.max(HoldEvent.expires_at)
    lapsed = (
        select(
            HoldEvent.org_id,
            func.gen_random_uuid(),
            literal("expired:") + HoldEvent.hold,
            HoldEvent.hold,
            literal(EXPIRED),
            last,
            literal(now),
        )
        .where(
            HoldEvent.org_id == org_id,
            HoldEvent.what.in_((MADE, EXTENDED)),
            HoldEvent.at > now - _LOOKED_BACK,
            HoldEvent.hold.is_not(None),
            ~ended,
        )
        .group_by(HoldEvent.org_id, HoldEvent.hold)
        .having(last < now - PATIENCE)
    )
    columns = ["org_id", "id", "source", "hold", "what", "at", "created_at"]
    written = session.execute(
        insert(table_of(HoldEvent))
        .from_select(columns, lapsed)
        .on_conflict_do_nothing()
        .returning(table_of(HoldEvent).c.id)
    )
    return len(written.all())


def forget(sessions: sessionmaker[Session], now: dt.datetime) -> int:
    """Delete what is older than KEPT, a batch a transaction; gives how many rows that were."""
    gone = 0
    while True:
        with sessions() as session:
            with scoped(session, Scope(role=DISPATCH_ROLE)):
                found = session.execute(_FORGET, {"before": now - KEPT, "batch": BATCH})
                batch = len(found.all())
            session.commit()
        gone += batch
        if batch < BATCH:
            return gone


def _read(redis: Redis) -> list[tuple[str, dict[str, str]]]:
    return cast(list[tuple[str, dict[str, str]]], redis.xrange(STREAM, count=BATCH))


def _done(redis: Redis, sources: Sequence[str]) -> bool:
    """Take the entries out of the stream; False where Redis went away, and they are met again."""
    return best_effort("hold_log_done", lambda: redis.xdel(STREAM, *sources) >= 0, False)


def _by_clinic(raw: Iterable[tuple[str, dict[str, str]]]) -> dict[uuid.UUID, list[Entry]]:
    found: dict[uuid.UUID, list[Entry]] = defaultdict(list)
    for source, fields in raw:
        try:
            entry = parse(source, fields)
        except (KeyError, ValueError):
            log.warning("hold_log_entry_unreadable")
            continue
        found[entry.org_id].append(entry)
    return found


def _write(sessions: sessionmaker[Session], org_id: uuid.UUID, entries: Sequence[Entry]) -> None:
    with in_clinic(sessions, org_id) as session:
        calendars = frozenset(session.scalars(select(Calendar.id).where(Calendar.org_id == org_id)))
        rows = [_row(one, calendars) for one in entries]
        session.execute(insert(table_of(HoldEvent)).values(rows).on_conflict_do_nothing())


def _row(entry: Entry, calendars: frozenset[uuid.UUID]) -> dict[str, Any]:
    return {
        "org_id": entry.org_id,
        "id": uuid7(),
        "created_at": entry.at,
        "source": entry.source,
        "hold": entry.hold,
        "what": entry.what,
        "at": entry.at,
        "channel": entry.channel,
        "calendar_id": entry.calendar_id if entry.calendar_id in calendars else None,
        "starts_at": entry.starts_at,
        "expires_at": entry.expires_at,
    }
