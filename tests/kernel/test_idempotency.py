"""The same request twice has one effect and one answer, also when both run at once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.db import db
from app.kernel.idempotency import Replay, answered, claim, settle
from app.kernel.idempotency.models import IdempotencyKey
from app.kernel.tenancy.scope import Scope, enter
from app.lib.errors import Conflict
from app.lib.ids import uuid7
from app.web.http.errors import status_of
from tests.factories.cast import Cast
from tests.support.databases import DatabaseUrls

pytestmark = pytest.mark.proves("NTF-02", "PAY-01")
WAIT = 5.0


@pytest.fixture
def ours(session: Session, cast: Cast) -> uuid.UUID:
    enter(session, Scope(org_id=cast.clinic.id))
    return cast.clinic.id


def test_the_second_request_gets_the_first_answer(session: Session, ours: uuid.UUID):
    assert claim(session, ours, "book", "key-1", "same content") is None
    settle(session, ours, "book", "key-1", {"id": "7"})
    assert claim(session, ours, "book", "key-1", "same content") == Replay({"id": "7"})
    assert answered(session, ours, "book", "key-1") == {"id": "7"}


def test_a_key_used_for_other_content_is_a_conflict(session: Session, ours: uuid.UUID):
    claim(session, ours, "book", "key-1", "this")
    settle(session, ours, "book", "key-1", {})
    with pytest.raises(Conflict) as refused:
        claim(session, ours, "book", "key-1", "that")
    assert (refused.value.code, status_of(refused.value)) == ("idempotency_key_reused", 409)


def test_keys_of_other_scopes_and_clinics_are_others(session: Session, ours: uuid.UUID, cast: Cast):
    claim(session, ours, "book", "key-1", "x")
    settle(session, ours, "book", "key-1", {})
    assert claim(session, ours, "cancel", "key-1", "x") is None
    enter(session, Scope(org_id=cast.other_clinic.id))
    assert claim(session, cast.other_clinic.id, "book", "key-1", "x") is None


def test_a_claim_that_was_rolled_back_is_free_again(session: Session, ours: uuid.UUID):
    with session.begin_nested() as attempt:
        assert claim(session, ours, "book", "key-1", "x") is None
        attempt.rollback()
    assert claim(session, ours, "book", "key-1", "x") is None


@pytest.fixture
def committed_clinic(app: Flask, database_urls: DatabaseUrls) -> Iterator[uuid.UUID]:
    """A clinic that two connections see. Taken away again by the owner."""
    org_id = uuid7()
    with app.app_context():
        engine = db.engine
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL ROLE restartix_platform")
        connection.exec_driver_sql(
            "INSERT INTO organizations (id, slug, name) VALUES (%s, 'twins', 'Twins')", (org_id,)
        )
    yield org_id
    with psycopg.connect(database_urls.owner) as owner:
        for table in ("idempotency_keys", "organizations"):
            owner.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        owner.execute("DELETE FROM idempotency_keys WHERE org_id = %s", [org_id])
        owner.execute("DELETE FROM organizations WHERE id = %s", [org_id])
        for table in ("idempotency_keys", "organizations"):
            owner.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def test_a_twin_waits_for_the_first_and_repeats_its_answer(app: Flask, committed_clinic: uuid.UUID):
    org_id = committed_clinic
    with app.app_context():
        engine = db.engine
    began, done = threading.Event(), threading.Event()
    said: list[Replay | None] = []

    def twin() -> None:
        with Session(engine, info={"scope": Scope(org_id=org_id)}) as second:
            began.set()
            said.append(claim(second, org_id, "book", "twin", "x"))
            second.rollback()
            done.set()

    with Session(engine, info={"scope": Scope(org_id=org_id)}) as first:
        assert claim(first, org_id, "book", "twin", "x") is None
        thread = threading.Thread(target=twin)
        thread.start()
        assert began.wait(WAIT)
        assert not done.wait(0.2), "the twin must wait while the first has not committed"
        settle(first, org_id, "book", "twin", {"id": "7"})
        first.commit()
        thread.join(WAIT)
        assert said == [Replay({"id": "7"})]
        assert first.scalar(select(func.count()).select_from(IdempotencyKey)) == 1
