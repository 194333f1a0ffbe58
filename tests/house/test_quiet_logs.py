"""What people are and have is in the database and on their pages, and in no line of a log (SEC-01)."""

from __future__ import annotations

import datetime as dt
import io
import logging
from collections.abc import Iterator

import psycopg
import pytest
import structlog
from flask import Flask
from redis import Redis
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel import logs
from app.kernel.tenancy.scope import Scope, enter
from app.lib.ids import uuid7
from app.people.models import Patient
from tests.factories.cast import Cast
from tests.factories.desk import book_for
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock
from tests.support.outbox import DrainOutbox

pytestmark = pytest.mark.proves("SEC-01", "OPS-01", "KRN-08")
NAME, EMAIL, PHONE = "Zenobia Planted", "zenobia.planted@example.test", "+40722987654"
NOTE = "lumbar planted pain\nsecond planted line\nthird planted line"
PLANTED = ("zenobia", "planted", "722987654", "722 987 654", "wrong-secret-77")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is logged, from DEBUG on."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure_logging("DEBUG", stream)
    yield stream
    root.handlers[:], root.level = before, level
    structlog.reset_defaults()
    logs.clear()


def _clean(written: io.StringIO) -> None:
    text = written.getvalue().casefold()
    assert text.count("\n") > 1, "nothing was logged: the test would prove nothing"
    assert [word for word in PLANTED if word in text] == []


def _plant(session: Session, cast: Cast) -> None:
    enter(session, Scope(org_id=cast.clinic.id))
    session.execute(
        update(Patient)
        .where(Patient.id == cast.petra.patient_id)
        .values(name=NAME, email=EMAIL, phone=PHONE, search_text=f"{NAME} {EMAIL}")
    )
    session.commit()


def test_requests_are_silent_about_people(
    session: Session,
    redis: Redis,
    cast: Cast,
    scene: Scene,
    signed_in: SignIn,
    client: BrowserClient,
    written: io.StringIO,
):
    _plant(session, cast)
    visit = book_for(session, redis, scene, cast, note=NOTE)
    ramona = signed_in(cast.ramona)
    assert "Zenobia" in ramona.get(f"/movimento/console/visits/{visit.id}").text
    assert ramona.get("/movimento/console/search?q=Zenobia+Planted").status_code == 200
    client.post("/sign-in", data={"email": EMAIL, "password": "wrong-secret-77"})
    assert client.get("/movimento/v/zenobia-planted?email=" + EMAIL).status_code == 404
    _clean(written)


def test_jobs_are_silent_about_people(
    session: Session,
    redis: Redis,
    cast: Cast,
    scene: Scene,
    drain_outbox: DrainOutbox,
    clock: FrozenClock,
    written: io.StringIO,
):
    _plant(session, cast)
    book_for(session, redis, scene, cast, note=NOTE)
    clock.set(
        NOW + dt.timedelta(minutes=30)
    )  # Messages wait a while, so that a slip can be undone.
    assert drain_outbox() > 0
    logs.logger("house").info("drained", events="all")
    logs.logger("house").info("the end")
    _clean(written)


def test_a_row_that_the_database_refuses_stays_out_of_the_log(
    app: Flask, session: Session, cast: Cast, written: io.StringIO
):
    """Postgres keeps a refused row to itself where row-level security applies; the scrubber is the second net."""
    enter(session, Scope(org_id=cast.clinic.id))
    values = {"name": "", "search_name": NAME, "search_text": NOTE, "email": EMAIL, "phone": PHONE}
    with pytest.raises(IntegrityError) as refused, session.begin_nested():
        session.execute(insert(Patient).values(org_id=cast.clinic.id, id=uuid7(), **values))
    cause = refused.value.orig
    assert isinstance(cause, psycopg.Error)
    assert cause.diag.message_detail is None
    logs.logger("house").error("unforeseen_error", exc_info=refused.value)
    told = f"refused\nDETAIL:  Failing row contains ({NAME}, {NOTE}).\n[SQL: INSERT INTO patients]"
    logging.getLogger("some.library").error("it failed: %s", told)
    assert "INSERT INTO patients]" in written.getvalue()
    _clean(written)
