"""The outbox with real processes: workers killed in the middle, Redis gone and back."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.kernel.idempotency.models import IdempotencyKey
from app.kernel.outbox import emit
from app.kernel.outbox.models import OutboxEvent
from app.kernel.tenancy.models import Organization
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope
from app.lib.ids import uuid7
from ops.redis_server import RedisServer
from tests.support.live import Live, Program, wait_until

pytestmark = pytest.mark.proves("KRN-06")
WORKER = str(Path(__file__).with_name("outbox_worker.py"))


@pytest.fixture
def clinic(live_system: Live) -> uuid.UUID:
    org_id = uuid7()
    slug = f"outbox-{org_id.hex[-12:]}"
    row = insert(Organization).values(id=org_id, slug=slug, name="Outbox")
    live_system.run(lambda session: session.execute(row), Scope(role=PLATFORM_ROLE))
    return org_id


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "redis", throw_away=True)
    server.start()
    yield server
    server.stop()


def _happen(live: Live, org_id: uuid.UUID, name: str) -> None:
    now = dt.datetime.now(dt.UTC)
    live.run(lambda session: emit(session, org_id, name, {}, at=now), Scope(org_id=org_id))


def _attempts(live: Live, org_id: uuid.UUID) -> list[str]:
    """One entry for each committed effect: the attempt that had it."""
    query = select(IdempotencyKey.request_digest).where(IdempotencyKey.org_id == org_id)
    return live.run(lambda session: list(session.scalars(query)), Scope(org_id=org_id))


def _open_events(live: Live, org_id: uuid.UUID) -> int:
    query = (
        select(func.count())
        .select_from(OutboxEvent)
        .where(OutboxEvent.org_id == org_id, OutboxEvent.done_at.is_(None))
    )

    def count(session: Session) -> int:
        return session.scalar(query) or 0

    return live.run(count, Scope(org_id=org_id))


def _worker(live: Live, folder: Path, lease: float = 60, **settings: str) -> Program:
    program = live.start(WORKER, str(lease), TEST_FOLDER=str(folder), PYTHONPATH=".", **settings)
    wait_until(lambda: "worker_started" in program.output(), program)
    return program


def test_a_killed_workers_event_is_handled_once_by_another_that_is_asked_to_end(
    live_system: Live, clinic: uuid.UUID, tmp_path: Path
) -> None:
    first = _worker(live_system, tmp_path, lease=1)
    _happen(live_system, clinic, "slow.happened")
    wait_until((tmp_path / f"begun-{first.pid}").exists, first)
    first.kill()
    assert _attempts(live_system, clinic) == []
    second = _worker(live_system, tmp_path, lease=60)
    wait_until((tmp_path / f"begun-{second.pid}").exists, second)
    second.process.terminate()
    time.sleep(0.3)
    assert second.process.poll() is None, "it must not leave its work behind"
    (tmp_path / "go").touch()
    assert second.process.wait(10) == 0
    handled = _attempts(live_system, clinic)
    assert len(handled) == 1
    assert int(handled[0]) >= 2
    assert _open_events(live_system, clinic) == 0


def test_it_starts_without_redis_which_may_come_and_go(
    live_system: Live, clinic: uuid.UUID, tmp_path: Path, own_redis: RedisServer
) -> None:
    url = own_redis.url()
    own_redis.stop()
    worker = _worker(live_system, tmp_path, REDIS_URL=url)

    def happens_and_is_handled() -> None:
        _happen(live_system, clinic, "quick.happened")
        wait_until(lambda: _open_events(live_system, clinic) == 0, worker)

    happens_and_is_handled()
    own_redis.start()
    assert own_redis.url() == url
    happens_and_is_handled()
    own_redis.stop()
    happens_and_is_handled()
    assert _attempts(live_system, clinic) == ["1", "1", "1"]
    assert worker.stop() == 0
