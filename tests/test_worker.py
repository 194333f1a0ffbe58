"""The worker as it is started: it knows every listener, and sends what was asked for."""

from __future__ import annotations

import datetime as dt
import urllib.request
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import worker
from app.integrations.models import SandboxMessage
from app.kernel.outbox.listeners import load_listeners
from app.kernel.tenancy.models import Organization
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope
from app.lib.ids import uuid7
from app.messaging.actions import enqueue
from tests.support.live import Live, wait_until

ROOT = Path(__file__).resolve().parents[1]


def test_every_listener_is_loaded() -> None:
    loaded = load_listeners()
    for name in ("app.messaging.subscribers", "app.appointments.subscribers"):
        assert name in loaded
    files = [*ROOT.glob("app/**/subscribers.py"), *ROOT.glob("app/**/jobs.py")]
    assert len(loaded) == len(files)


def test_a_wrong_setting_ends_the_start_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://x")
    assert worker.main() == 1
    error = capsys.readouterr().err
    assert error.startswith("DATABASE_URL")
    assert error.count("\n") == 1


@pytest.mark.proves("KRN-06", "KRN-09")
def test_a_message_leaves_through_the_running_worker(live: Live) -> None:
    org_id, now = uuid7(), dt.datetime.now(dt.UTC)
    scope = Scope(org_id=org_id)
    clinic = insert(Organization).values(id=org_id, slug=f"w-{org_id.hex[-12:]}", name="Worker")
    live.run(lambda session: session.execute(clinic), Scope(role=PLATFORM_ROLE))

    def ask(session: Session) -> None:
        enqueue(
            session,
            org_id,
            template="sign_in_link",
            channel="email",
            recipient="petra@example.test",
            locale="ro",
            context={"name": "Petra", "minutes": 15},
            sealed={"link": f"{live.base_url}/x"},
            subject_type="test",
            subject_id=uuid7(),
            idempotency_key="once",
            now=now,
        )

    live.run(ask, scope)
    subjects = select(SandboxMessage.recipient).where(SandboxMessage.org_id == org_id)
    with live.worker() as program:
        wait_until(lambda: live.run(lambda one: list(one.scalars(subjects)), scope) != [], program)
        assert "petra@example.test" not in program.output(), "logs carry identifiers only"
        assert "delivery" in program.output()
    with urllib.request.urlopen(f"{live.base_url}/healthz") as answer:
        assert answer.status == 200
