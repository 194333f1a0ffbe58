"""What was handled a month ago leaves the outbox; what is open or parked never does, whoever asks."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from app.kernel.outbox import emit
from app.kernel.outbox import purge as purging
from app.kernel.outbox.models import OutboxEvent, OutboxReceipt
from app.kernel.tenancy.scope import DISPATCH_ROLE, Scope, enter, scoped
from app.lib.ids import uuid7
from tests.factories.cast import Cast
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.proves("KRN-06")
# The database judges age by its own clock too.
OLD = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
FRESH = dt.datetime(2999, 1, 1, tzinfo=dt.UTC)


def _event(session: Session, cast: Cast, **state: dt.datetime) -> None:
    enter(session, Scope(org_id=cast.clinic.id))
    event_id = emit(session, cast.clinic.id, "test.happened", {}, at=OLD)
    session.execute(
        update(OutboxEvent)
        .where(OutboxEvent.id == event_id)
        .values(done_at=state.get("done_at"), parked_at=state.get("parked_at"))
    )
    session.execute(
        insert(OutboxReceipt).values(
            org_id=cast.clinic.id, id=uuid7(), event_id=event_id, subscriber="test.listener"
        )
    )
    session.commit()


def _left(session: Session, cast: Cast) -> tuple[int, int]:
    with scoped(session, Scope(org_id=cast.clinic.id)):
        events = session.scalar(select(func.count()).select_from(OutboxEvent)) or 0
        return events, session.scalar(select(func.count()).select_from(OutboxReceipt)) or 0


def test_only_what_was_done_long_ago_goes(
    session: Session,
    test_sessions: sessionmaker[Session],
    cast: Cast,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)
    before = _left(session, cast)
    for _ in range(5):
        _event(session, cast, done_at=OLD)
    _event(session, cast)
    _event(session, cast, parked_at=OLD)
    _event(session, cast, done_at=clock.now())
    assert purging.purge(test_sessions, clock) == 5
    assert _left(session, cast) == (before[0] + 3, before[1] + 3)
    assert purging.purge(test_sessions, clock) == 0


@pytest.mark.parametrize("state", [{}, {"parked_at": OLD}, {"done_at": FRESH}])
def test_the_database_keeps_the_rest(
    session: Session, cast: Cast, state: dict[str, dt.datetime]
) -> None:
    _event(session, cast, **state)
    with scoped(session, Scope(role=DISPATCH_ROLE)):
        session.execute(text("DELETE FROM outbox_events"))
    with scoped(session, Scope(org_id=cast.clinic.id)):
        kept = session.scalars(select(OutboxEvent).where(OutboxEvent.name == "test.happened"))
        assert len(kept.all()) == 1
