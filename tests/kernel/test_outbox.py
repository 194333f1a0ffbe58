"""The outbox: published if and only if committed, each subscriber once, failures retried and parked."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
import structlog.testing
from redis import Redis
from sqlalchemy import create_engine, func, insert, select
from sqlalchemy.orm import Session, sessionmaker

from app.kernel import telling
from app.kernel.metrics import REGISTRY
from app.kernel.outbox import Event, emit, publish, registry, subscribe
from app.kernel.outbox import dispatcher as dispatcher_module
from app.kernel.outbox.dispatch import BATCH, MAX_ATTEMPTS, drain, measure, retry_delay
from app.kernel.outbox.dispatcher import POLL_SECONDS, Dispatcher
from app.kernel.outbox.models import OutboxEvent, OutboxReceipt
from app.kernel.outbox.repair import parked
from app.kernel.outbox.waking import Alarm, wake_up
from app.kernel.tenancy.models import Organization
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, enter
from app.lib.clock import SystemClock
from app.lib.ids import uuid7
from tests.factories.cast import Cast
from tests.support.app import NOW
from tests.support.clock import FrozenClock
from tests.support.live import Live
from tests.support.outbox import DrainOutbox

pytestmark = pytest.mark.proves("KRN-06")


@pytest.fixture(autouse=True)
def _own_subscribers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test subscribes is forgotten after it."""
    monkeypatch.setattr(registry, "_handlers", dict(registry._handlers))


@pytest.fixture
def heard() -> list[Event]:
    events: list[Event] = []

    @subscribe("test.happened", "test.listener")
    def listen(session: Session, event: Event) -> None:
        events.append(event)

    return events


def _happen(session: Session, cast: Cast, **payload: object) -> uuid.UUID:
    enter(session, Scope(org_id=cast.clinic.id))
    return emit(session, cast.clinic.id, "test.happened", payload, at=NOW)


def _event(session: Session, cast: Cast, event_id: uuid.UUID) -> OutboxEvent:
    enter(session, Scope(org_id=cast.clinic.id))
    return session.get_one(OutboxEvent, (cast.clinic.id, event_id))


def test_a_committed_event_is_heard_once_with_its_payload(
    session: Session, cast: Cast, heard: list[Event], drain_outbox: DrainOutbox
) -> None:
    subject = uuid7()
    event_id = _happen(session, cast, subject_id=subject, at=NOW)
    assert drain_outbox() == 1
    assert drain_outbox() == 0
    (event,) = heard
    assert (event.id, event.org_id, event.attempt) == (event_id, cast.clinic.id, 1)
    assert event.uuid("subject_id") == subject
    assert event.payload["at"] == NOW.isoformat()
    assert event.now == NOW
    assert _event(session, cast, event_id).done_at == NOW


def test_what_is_rolled_back_never_happened(
    session: Session, cast: Cast, heard: list[Event], drain_outbox: DrainOutbox
) -> None:
    _happen(session, cast)
    session.rollback()
    assert drain_outbox() == 0
    assert heard == []


def test_a_delayed_event_waits_for_its_time(
    session: Session,
    cast: Cast,
    heard: list[Event],
    drain_outbox: DrainOutbox,
    clock: FrozenClock,
) -> None:
    enter(session, Scope(org_id=cast.clinic.id))
    later = NOW + dt.timedelta(minutes=2)
    emit(session, cast.clinic.id, "test.happened", {}, at=NOW, available_at=later)
    assert drain_outbox() == 0
    clock.advance(minutes=2)
    assert drain_outbox() == 1
    assert len(heard) == 1


def test_one_failing_subscriber_is_tried_again_alone(
    session: Session,
    cast: Cast,
    heard: list[Event],
    drain_outbox: DrainOutbox,
    clock: FrozenClock,
) -> None:
    attempts: list[int] = []

    @subscribe("test.happened", "test.falters")
    def falter(session: Session, event: Event) -> None:
        attempts.append(event.attempt)
        if event.attempt < 3:
            raise RuntimeError("ana@example.ro")

    event_id = _happen(session, cast)
    drain_outbox()
    failed = _event(session, cast, event_id)
    assert failed.done_at is None
    assert failed.error == "test.falters: RuntimeError"
    assert failed.available_at == NOW + retry_delay(1)
    for _ in range(2):
        clock.advance(hours=1)
        drain_outbox()
    assert attempts == [1, 2, 3]
    assert len(heard) == 1, "the other subscriber is not asked again"
    assert _event(session, cast, event_id).done_at is not None


def test_what_keeps_failing_is_parked_for_a_person(
    session: Session, cast: Cast, drain_outbox: DrainOutbox, clock: FrozenClock
) -> None:
    @subscribe("test.happened", "test.never")
    def never(session: Session, event: Event) -> None:
        raise RuntimeError

    event_id = _happen(session, cast)
    for _ in range(MAX_ATTEMPTS + 2):
        drain_outbox()
        clock.advance(hours=2)
    event = _event(session, cast, event_id)
    assert event.parked_at is not None
    assert event.attempts == MAX_ATTEMPTS
    assert [one.id for one in parked(session, cast.clinic.id)] == [event_id]
    assert parked(session, cast.other_clinic.id) == []


def test_what_kills_every_worker_is_parked_unheard(
    session: Session, cast: Cast, heard: list[Event], drain_outbox: DrainOutbox
) -> None:
    event_id = _happen(session, cast)
    _event(session, cast, event_id).attempts = MAX_ATTEMPTS
    session.commit()
    drain_outbox()
    event = _event(session, cast, event_id)
    assert (event.parked_at, event.error) == (NOW, "interrupted")
    assert heard == []


def test_an_effect_and_its_receipt_are_one(
    session: Session, cast: Cast, drain_outbox: DrainOutbox
) -> None:
    """What a subscriber wrote before it failed is gone with its receipt."""

    @subscribe("test.happened", "test.half")
    def half(inner: Session, event: Event) -> None:
        emit(inner, event.org_id, "test.followed", {}, at=event.now)
        raise RuntimeError

    event_id = _happen(session, cast)
    drain_outbox()
    enter(session, Scope(org_id=cast.clinic.id))
    names = session.scalars(select(OutboxEvent.name).where(OutboxEvent.org_id == cast.clinic.id))
    assert set(names) == {"test.happened"}
    receipts = select(func.count()).select_from(OutboxReceipt)
    assert session.scalar(receipts.where(OutboxReceipt.event_id == event_id)) == 0


def test_a_subscriber_sees_its_clinic_only(
    session: Session, cast: Cast, drain_outbox: DrainOutbox
) -> None:
    seen: list[set[uuid.UUID]] = []

    @subscribe("test.happened", "test.looks")
    def look(inner: Session, event: Event) -> None:
        seen.append(set(inner.scalars(select(OutboxEvent.org_id))))

    for clinic in (cast.clinic, cast.other_clinic):
        enter(session, Scope(org_id=clinic.id))
        emit(session, clinic.id, "test.happened", {}, at=NOW)
        session.flush()
    drain_outbox()
    assert seen == [{cast.clinic.id}, {cast.other_clinic.id}]


def test_asked_to_end_it_gives_back_what_it_has_not_begun(
    session: Session,
    cast: Cast,
    heard: list[Event],
    test_sessions: sessionmaker[Session],
    clock: FrozenClock,
) -> None:
    event_ids = [_happen(session, cast) for _ in range(BATCH)]
    session.commit()
    drain(test_sessions, clock, stopped=lambda: len(heard) >= 2)
    assert len(heard) == 2
    session.expire_all()
    left = [_event(session, cast, one) for one in event_ids[2:]]
    assert {(one.leased_until, one.attempts) for one in left} == {(None, 0)}


def test_waiting_behind_slow_ones_is_no_attempt(
    session: Session, cast: Cast, drain_outbox: DrainOutbox, clock: FrozenClock
) -> None:
    """The first event took longer than the lease: the others may be somebody else's by now, and were not tried."""
    heard: list[int] = []

    @subscribe("test.happened", "test.takes_long")
    def take_long(session: Session, event: Event) -> None:
        heard.append(event.attempt)
        clock.advance(minutes=5)

    for _ in range(BATCH):
        _happen(session, cast)
    drain_outbox()
    assert heard == [1] * BATCH


def test_waiting_events_show_in_the_gauges(
    session: Session, cast: Cast, test_sessions: sessionmaker[Session], clock: FrozenClock
) -> None:
    _happen(session, cast)
    session.commit()
    clock.advance(seconds=90)
    measure(test_sessions, clock)
    assert REGISTRY.get_sample_value("restartix_outbox_waiting") == 1
    assert REGISTRY.get_sample_value("restartix_outbox_lag_seconds") == 90


def test_a_wake_up_follows_a_commit_and_no_rollback(
    session: Session, cast: Cast, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, ...]] = []
    monkeypatch.setattr(publish._Waker, "channel", "wake")
    monkeypatch.setattr(telling._Installed, "redis", redis)
    monkeypatch.setattr(telling, "_send", lambda _, commands: told.extend(commands))
    _happen(session, cast)
    session.rollback()
    assert told == []
    _happen(session, cast)
    _happen(session, cast)
    session.commit()
    assert told == [wake_up("wake")]


class TestTwoAtOnce:
    """Dispatchers with connections of their own."""

    @pytest.fixture
    def clinic(self, live_system: Live) -> uuid.UUID:
        org_id = uuid7()
        row = insert(Organization).values(id=org_id, slug=f"two-{org_id.hex[-12:]}", name="Two")
        live_system.run(lambda session: session.execute(row), Scope(role=PLATFORM_ROLE))
        return org_id

    def test_they_share_without_repeating(self, live_system: Live, clinic: uuid.UUID) -> None:
        heard: list[uuid.UUID] = []
        subscribe("test.shared", "test.sharer")(lambda session, event: heard.append(event.id))
        clock = SystemClock()

        def happen(session: Session) -> list[uuid.UUID]:
            return [emit(session, clinic, "test.shared", {}, at=clock.now()) for _ in range(60)]

        expected = live_system.run(happen, Scope(org_id=clinic))
        threads = [
            threading.Thread(target=drain, args=(live_system.sessions, clock)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(heard) == sorted(expected)


class TestDispatcher:
    """The loop around it all."""

    def test_it_lives_through_an_absent_database_and_a_mistake(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sessions = sessionmaker(create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
        stop = threading.Event()
        naps: list[float] = []

        class Impatient(Alarm):
            def sleep(self, seconds: float) -> None:
                naps.append(seconds)
                if len(naps) == 2:
                    monkeypatch.setattr(dispatcher_module, "drain", lambda *_, **__: 1 / 0)
                if len(naps) == 4:
                    stop.set()

        thread = Dispatcher("test", sessions, SystemClock(), Impatient(Redis(), stop), stop)
        with structlog.testing.capture_logs() as lines:
            thread.run()
        events = [line["event"] for line in lines]
        assert events == ["dispatcher_waits"] * 2 + ["dispatcher_failed"] * 2
        assert naps == [POLL_SECONDS] * 4
