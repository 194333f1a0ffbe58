"""What failed too often: seen without a word of anybody, repeated or given up with a reason, in the trail (KRN-06)."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel.audit.models import AuditEvent
from app.kernel.outbox import Event, emit, registry, subscribe
from app.kernel.outbox.dispatch import MAX_ATTEMPTS, retry_delay
from app.kernel.outbox.models import OutboxEvent
from app.kernel.tenancy.scope import Scope, scoped
from app.web.console.failed import FOLLOWS
from tests.factories.cast import Cast
from tests.factories.desk import english
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock
from tests.support.outbox import DrainOutbox
from tests.support.queries import MOST, CountQueries

pytestmark = pytest.mark.proves("KRN-06", "KRN-05")
PAGE = "/movimento/console/failed"
NAME = "test.unreachable"


class Provider:
    """Somebody who does not answer, until they do."""

    def __init__(self) -> None:
        self.down = True
        self.heard: list[uuid.UUID] = []

    def hear(self, _session: Session, event: Event) -> None:
        if self.down:
            raise ConnectionError("ana@example.com could not be reached")
        self.heard.append(event.id)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch, _listeners: None) -> Provider:
    """It listens for this test alone."""
    made = Provider()
    monkeypatch.setattr(registry, "_handlers", dict(registry._handlers))
    subscribe(NAME, "test.tell")(made.hear)
    return made


def fail(clock: FrozenClock, drain_outbox: DrainOutbox) -> None:
    """As often as it takes."""
    for attempt in range(1, MAX_ATTEMPTS + 1):
        drain_outbox()
        clock.advance(seconds=retry_delay(attempt).total_seconds())


@pytest.fixture
def event_id(
    session: Session,
    cast: Cast,
    clock: FrozenClock,
    drain_outbox: DrainOutbox,
    provider: Provider,
) -> uuid.UUID:
    with scoped(session, Scope(org_id=cast.clinic.id)):
        made = emit(session, cast.clinic.id, NAME, {"patient_id": cast.petra.patient_id}, at=NOW)
        session.commit()
    fail(clock, drain_outbox)
    return made


@pytest.fixture
def olga(cast: Cast, signed_in: SignIn, event_id: uuid.UUID) -> BrowserClient:
    """She comes when it has failed."""
    return english(signed_in(cast.olga))


def row(session: Session, cast: Cast, event_id: uuid.UUID) -> OutboxEvent:
    session.expire_all()
    with scoped(session, Scope(org_id=cast.clinic.id)):
        return session.get_one(OutboxEvent, (cast.clinic.id, event_id))


def trail(session: Session, cast: Cast, action: str) -> list[str | None]:
    with scoped(session, Scope(org_id=cast.clinic.id)):
        return list(session.scalars(select(AuditEvent.reason).where(AuditEvent.action == action)))


def test_tried_again_it_goes_through_once(
    session: Session,
    cast: Cast,
    olga: BrowserClient,
    event_id: uuid.UUID,
    provider: Provider,
    drain_outbox: DrainOutbox,
    count_queries: CountQueries,
) -> None:
    with count_queries() as asked:
        page = olga.get(PAGE).text
    assert asked.count <= MOST, asked.statements
    assert "Tried 8 times." in page
    assert "ConnectionError" in page
    assert "ana@example.com" not in page
    assert f"/console/patients/{cast.petra.patient_id}" in page
    provider.down = False
    assert olga.post(f"{PAGE}/{event_id}/again").status_code == 303
    drain_outbox()
    assert provider.heard == [event_id]
    assert "Nothing has failed" in olga.get(PAGE).text
    assert trail(session, cast, "events.try_again") == [None]
    # It went through: nobody can repeat it or give it up any more.
    for verb in ("again", "give-up"):
        again = olga.post(f"{PAGE}/{event_id}/{verb}", data={"reason": "late"})
        assert again.status_code == 409
    assert provider.heard == [event_id]


def test_still_failing_it_comes_back(
    session: Session,
    cast: Cast,
    olga: BrowserClient,
    event_id: uuid.UUID,
    clock: FrozenClock,
    drain_outbox: DrainOutbox,
) -> None:
    olga.post(f"{PAGE}/{event_id}/again")
    assert row(session, cast, event_id).parked_at is None
    fail(clock, drain_outbox)
    again = row(session, cast, event_id)
    assert again.parked_at is not None
    assert again.attempts == MAX_ATTEMPTS


def test_given_up_with_a_reason_it_is_done(
    session: Session,
    cast: Cast,
    olga: BrowserClient,
    event_id: uuid.UUID,
    provider: Provider,
    drain_outbox: DrainOutbox,
    signed_in: SignIn,
) -> None:
    operator = english(signed_in(cast.oana))
    card = f"/platform/clinics/{cast.clinic.id}"
    assert "1 thing has failed in the background" in operator.get(card).text
    olga.post(f"{PAGE}/{event_id}/give-up", data={"reason": "  "})
    assert row(session, cast, event_id).done_at is None
    olga.post(f"{PAGE}/{event_id}/give-up", data={"reason": "Called her."})
    assert "Nothing has failed" in olga.get(PAGE).text
    assert "failed in the background" not in operator.get(card).text
    provider.down = False
    drain_outbox()
    assert provider.heard == []
    kept = row(session, cast, event_id)
    assert kept.parked_at is not None
    assert kept.done_at is not None
    assert trail(session, cast, "events.give_up") == ["Called her."]


def test_what_no_handler_ever_finished_says_so(
    session: Session, cast: Cast, olga: BrowserClient, event_id: uuid.UUID
) -> None:
    with scoped(session, Scope(org_id=cast.clinic.id)):
        session.execute(
            update(OutboxEvent).where(OutboxEvent.id == event_id).values(error="interrupted")
        )
    assert "interrupted" in olga.get(PAGE).text


@pytest.mark.usefixtures("_listeners")
def test_every_follow_up_has_words() -> None:
    known = {
        subscriber
        for name, listeners in registry._handlers.items()
        if not name.startswith("test.")
        for subscriber in listeners
    }
    assert known - FOLLOWS.keys() == set()


def test_who_may_decide(
    cast: Cast, client: BrowserClient, signed_in: SignIn, event_id: uuid.UUID
) -> None:
    assert client.get(PAGE).status_code == 303
    assert signed_in(cast.stefan).get(PAGE).status_code == 403
    stranger = signed_in(cast.bogdan)
    assert stranger.post(f"{PAGE}/{event_id}/again").status_code == 404
