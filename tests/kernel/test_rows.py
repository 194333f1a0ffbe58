"""Rows that wait are found by the next reader, leave in one statement, and share the fate of their transaction."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor, system
from app.kernel.audit.models import AuditEvent
from app.kernel.audit.record import record
from app.kernel.db import read_rows, table_of, write_object, write_row
from app.kernel.identity.models import Human
from app.kernel.outbox import emit
from app.kernel.outbox.models import OutboxEvent
from app.kernel.tenancy.models import Location
from app.kernel.tenancy.scope import Scope, enter
from app.lib.ids import uuid7
from tests.factories.cast import Cast
from tests.support.app import NOW

ACTION = "test.rows"


@pytest.fixture
def actor(session: Session, cast: Cast) -> Actor:
    enter(session, Scope(org_id=cast.clinic.id))
    return system(cast.clinic.id)


def note(session: Session, actor: Actor, number: int = 0) -> None:
    record(session, actor, ACTION, "test", number, at=NOW, after={"number": number, "ă": None})


def noted(session: Session) -> list[str]:
    found = select(AuditEvent.subject_id).where(AuditEvent.action == ACTION)
    return sorted(str(one) for one in session.scalars(found))


@pytest.mark.proves("KRN-06", "KRN-15")
def test_many_rows_of_several_tables_are_one_statement(session: Session, actor: Actor) -> None:
    sent: list[str] = []

    def count(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    session.connection()
    event.listen(Engine, "before_cursor_execute", count)
    try:
        for number in range(3):
            note(session, actor, number)
            emit(session, actor.clinic, ACTION, {"number": number}, at=NOW)
        session.flush()
        assert sent == []
        assert noted(session) == ["0", "1", "2"]
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert len([one for one in sent if "INSERT" in one]) == 1


def test_values_come_back_as_they_were_written(session: Session, actor: Actor) -> None:
    note(session, actor, 7)
    row = session.scalars(select(AuditEvent).where(AuditEvent.action == ACTION)).one()
    assert (row.after, row.before, row.at, row.ip) == ({"number": 7, "ă": None}, None, NOW, None)


def test_an_object_is_what_would_have_been_read(session: Session, actor: Actor) -> None:
    values = {
        "org_id": actor.clinic,
        "id": uuid7(),
        "name": "Nord",
        "time_zone": "Europe/Bucharest",
        "created_at": NOW,
    }
    made = write_object(session, Location, values)
    assert made in session
    assert made.name == "Nord"
    assert made.position is not None  # The database's default, read when it is asked for.
    made.name = "Sud"
    session.flush()
    assert session.scalar(select(Location.name).where(Location.id == values["id"])) == "Sud"


def test_a_savepoint_takes_its_rows_along_and_no_others(session: Session, actor: Actor) -> None:
    note(session, actor, 1)
    with session.begin_nested():
        note(session, actor, 2)
    lost = session.begin_nested()
    note(session, actor, 3)
    lost.rollback()
    note(session, actor, 4)
    assert noted(session) == ["1", "2", "4"]


def test_a_rollback_forgets_what_waits(session: Session, actor: Actor) -> None:
    note(session, actor)
    session.rollback()
    session.connection()
    assert noted(session) == []


def test_they_belong_to_the_scope_in_which_they_were_written(
    session: Session, actor: Actor, cast: Cast
) -> None:
    note(session, actor)
    enter(session, Scope(org_id=cast.other_clinic.id))
    assert noted(session) == []
    enter(session, Scope(org_id=cast.clinic.id))
    assert noted(session) == ["0"]


def test_an_error_shows_with_the_statement_that_sends_them(session: Session, actor: Actor) -> None:
    twice = uuid7()
    for _ in range(2):
        emit_with(session, actor, twice)
    with pytest.raises(IntegrityError):
        session.scalar(select(func.now()))


def emit_with(session: Session, actor: Actor, event_id: object) -> None:
    values = {
        "org_id": actor.clinic,
        "id": event_id,
        "name": ACTION,
        "payload": {},
        "created_at": NOW,
        "available_at": NOW,
    }
    write_row(session, table_of(OutboxEvent), values)


def test_sealed_columns_are_the_mappers(session: Session, actor: Actor) -> None:
    write_row(session, table_of(Human), {"id": uuid7(), "totp_secret": "x"})
    with pytest.raises(TypeError):
        session.scalar(select(func.now()))


def test_reading_past_the_mapper_finds_what_waits_in_it(
    session: Session, actor: Actor, cast: Cast
) -> None:
    note(session, actor, 7)
    session.add(Location(org_id=cast.clinic.id, name="New", time_zone="Europe/Bucharest"))
    places = read_rows(session, select(Location.name).where(Location.name == "New"), {})
    notes = select(AuditEvent.subject_id).where(AuditEvent.action == ACTION)
    assert [tuple(row) for row in places] == [("New",)]
    assert [tuple(row) for row in read_rows(session, notes, {})] == [("7",)]


@pytest.mark.proves("KRN-01")
def test_reading_past_the_mapper_stays_in_the_scope(session: Session, actor: Actor, cast: Cast):
    rows = read_rows(session, select(Location.org_id), {})
    assert {row.org_id for row in rows} == {actor.clinic}
    enter(session, Scope(org_id=cast.other_clinic.id))
    assert {row.org_id for row in read_rows(session, select(Location.org_id), {})} == {
        cast.other_clinic.id
    }
