"""Two clinics side by side in every table: what one may do to the other's rows is nothing, verb by verb."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kernel.db import db
from app.kernel.db.base import PLATFORM
from app.kernel.identity.models import Human
from app.kernel.tenancy.models import Organization
from app.kernel.tenancy.scope import NOBODY, PLATFORM_ROLE, Scope, apply_scope, enter, scoped
from app.lib.ids import uuid7
from app.tables import metadata
from ops import roles
from ops.paths import ROOT
from tests.factories.rows import EARLIER, WRITTEN_BY_PLATFORM, RowMaker, Values
from tests.support.schema import clinic_tables, kinds

pytestmark = pytest.mark.proves("KRN-01", "KRN-02")

REFUSED, NO_SUCH_ROW = "42501", "23503"
# What else must change so that only the reference is wrong.
# What the operator decides for each clinic, and so sees.
OF_THE_OPERATOR = ("clinic_capabilities", "elevated_accesses", "feature_flags")
BESIDE: dict[tuple[str, str], Values] = {
    ("calendar_feeds", "patient_id"): {"specialist_id": None},
    ("resources", "room_id"): {"specialist_id": None},
    ("appointments", "course_id"): {"course_number": 1},
    ("consents", "source_form_id"): {"source": "form"},
    ("waiting_offers", "appointment_id"): {"state": "accepted", "starts_at": EARLIER},
    ("occupancies", "resource_number"): {"live": False},
    ("occupancies", "resource_id"): {"live": False},
}


@dataclass(frozen=True)
class Pair:
    """A row of every clinic table in each of two clinics; `spare_human` is known to neither."""

    session: Session
    ours: RowMaker
    theirs: RowMaker
    spare_human: uuid.UUID


@pytest.fixture(scope="module")
def whole_pair(app: Flask) -> Iterator[Pair]:
    """Made once, in a transaction that is rolled back: no test here leaves a change."""
    with app.app_context():
        engine = db.engine
    with engine.connect() as connection:
        outer = connection.begin()
        session = Session(connection, join_transaction_mode="create_savepoint")
        ours, theirs, spare = (_maker(session, name) for name in ("ours", "theirs", "spare"))
        for maker in (ours, theirs):
            for table in clinic_tables():
                maker.row(table)
        yield Pair(session, ours, theirs, spare.human_id)
        session.close()
        outer.rollback()


@pytest.fixture
def pair(whole_pair: Pair) -> Pair:
    """The session acts in our clinic."""
    enter(whole_pair.session, Scope(org_id=whole_pair.ours.org_id))
    return whole_pair


def _maker(session: Session, name: str) -> RowMaker:
    made = RowMaker(session, uuid7(), uuid7())
    with scoped(session, Scope(role=PLATFORM_ROLE)):
        session.execute(insert(Organization).values(id=made.org_id, slug=name, name=name))
    with scoped(session, Scope(human_id=made.human_id)):
        session.execute(
            insert(Human).values(id=made.human_id, email=f"{name}@house.test", name=name)
        )
    return made


def test_every_table_shows_the_rows_of_the_scope_and_no_other(pair: Pair):
    for table in clinic_tables():
        assert _organizations(pair.session, table) == {pair.ours.org_id}, table.name
    enter(pair.session, Scope(org_id=pair.theirs.org_id))
    for table in clinic_tables():
        assert _organizations(pair.session, table) == {pair.theirs.org_id}, table.name


def test_without_a_scope_no_table_shows_a_row(pair: Pair):
    enter(pair.session, NOBODY)
    of_kind = kinds()
    seen = {
        table.name
        for table in metadata.sorted_tables
        if pair.session.scalar(select(func.count()).select_from(table))
    }
    # What the platform curates is for everybody; it is about no person and no clinic.
    assert {name for name in seen if of_kind[name] != PLATFORM} == set()


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_their_rows_cannot_be_changed(pair: Pair, verb: str):
    for table in clinic_tables():
        found = _affected(pair.session, table, pair.theirs.row(table), verb)
        assert found in (0, REFUSED), f"{verb} {table.name}: {found}"


def test_our_rows_are_changed_by_the_same_statements(pair: Pair):
    """The control: were every statement refused, the tests beside this one would prove nothing."""
    changed = {
        table.name
        for table in clinic_tables()
        if _affected(pair.session, table, pair.ours.row(table), "update") == 1
    }
    assert len(changed) > 25
    assert "appointments" in changed


def test_rows_cannot_be_put_into_their_clinic(pair: Pair):
    for table in clinic_tables():
        values = pair.theirs.values(table)
        with _refusal(pair.session) as refusal:
            pair.session.execute(insert(table).values(values))
        assert refusal.code == REFUSED, f"{table.name}: {refusal}"


def test_our_rows_cannot_be_given_to_their_clinic(pair: Pair):
    for table in clinic_tables():
        ours = pair.ours.row(table)
        with _refusal(pair.session) as refusal:
            pair.session.execute(
                update(table).where(table.c.id == ours["id"]).values(org_id=pair.theirs.org_id)
            )
        assert refusal.code == REFUSED, f"{table.name}: {refusal}"


def test_no_reference_reaches_into_their_clinic(pair: Pair):
    """Each reference by itself: our row, their target (foreign keys are checked past row-level security)."""
    tried = 0
    for table in clinic_tables():
        for key in table.foreign_key_constraints:
            if len(key.columns) < 2:
                continue
            theirs = pair.theirs.row(key.referred_table)
            (name, target) = next(
                (element.parent.name, element.column.name)
                for element in key.elements
                if element.parent.name != "org_id"
            )
            values = pair.ours.values(table) | BESIDE.get((table.name, name), {})
            if table.name == "memberships":
                values["human_id"] = pair.spare_human
            refusal = _insert_as_allowed(pair, table, values | {name: theirs[target]})
            assert refusal.code == NO_SUCH_ROW, f"{table.name}.{name}: {refusal}"
            assert refusal.constraint == key.name
            tried += 1
    assert tried > 30


def test_the_operators_role_sees_clinics_and_nothing_of_their_patients(pair: Pair):
    with scoped(pair.session, Scope(role=PLATFORM_ROLE)):
        for table in clinic_tables():
            with _refusal(pair.session) as refusal:
                pair.session.execute(select(table.c.id).limit(1))
            expected = None if table.name in OF_THE_OPERATOR else REFUSED
            assert refusal.code == expected, table.name


def test_a_scope_ends_with_its_transaction_on_the_same_connection(app: Flask):
    asked = text(
        "SELECT current_setting('app.org_id', true), current_setting('app.human_id', true), current_user"
    )
    scope = Scope(org_id=uuid7(), human_id=uuid7(), role=PLATFORM_ROLE)
    with app.app_context():
        engine = db.engine
    for end in ("commit", "rollback"):
        with engine.connect() as connection:
            apply_scope(connection, scope)
            inside = connection.execute(asked).one()
            assert inside == (str(scope.org_id), str(scope.human_id), PLATFORM_ROLE)
            getattr(connection, end)()
            after = connection.execute(asked).one()
            assert [value or "" for value in after] == ["", "", roles.APP]


def test_nothing_sets_a_scope_beyond_its_transaction():
    lasting = re.compile(
        r"SET\s+(?:SESSION\s+)?(?:app\.|ROLE\b)|set_config\([^)]*,\s*false\s*\)", re.IGNORECASE
    )
    allowed = re.compile(r"SET LOCAL ROLE")
    files = [path for folder in ("app", "ops") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 100
    offences = [
        path for path in files if lasting.search(allowed.sub("", path.read_text(encoding="utf-8")))
    ]
    assert offences == []


@dataclass
class Refusal:
    """What the database answered; `code` is None when it let the statement pass."""

    code: str | None = None
    text: str = ""
    constraint: str | None = None


@contextmanager
def _refusal(session: Session) -> Iterator[Refusal]:
    found = Refusal()
    try:
        with session.begin_nested():
            yield found
    except DBAPIError as error:
        cause = cast(psycopg.Error, error.orig)
        found.code, found.text = cause.sqlstate, str(cause)
        found.constraint = cause.diag.constraint_name


def _organizations(session: Session, table: Table) -> set[uuid.UUID]:
    return set(session.scalars(select(table.c.org_id).distinct()))


def _affected(session: Session, table: Table, row: Values, verb: str) -> int | str | None:
    """Rows that an update or a delete by identifier touched, or the code of the refusal. Undone."""
    which = table.c.id == row["id"]
    statement = delete(table).where(which)
    if verb == "update":
        name = _changeable(session, table)
        statement = update(table).where(which).values({name: table.c[name]})
    touched = 0
    with _refusal(session) as refusal:
        touched = session.execute(statement).rowcount
    return refusal.code or touched


def _changeable(session: Session, table: Table) -> str:
    """A column that the application may write; where it may write none, one that it may not."""
    found = session.scalar(
        text(
            """SELECT attname FROM pg_attribute WHERE attrelid = cast(:table AS regclass) AND attnum > 0
               AND attname NOT IN ('org_id', 'id') AND attgenerated = '' AND attidentity = ''
               AND has_column_privilege(attrelid, attnum, 'UPDATE') ORDER BY attnum LIMIT 1"""
        ),
        {"table": table.name},
    )
    return found or "created_at"


def _insert_as_allowed(pair: Pair, table: Table, values: Values) -> Refusal:
    """How a new row is answered when written by whoever may write this table."""
    role = PLATFORM_ROLE if table.name in WRITTEN_BY_PLATFORM else None
    with (
        scoped(pair.session, Scope(org_id=pair.ours.org_id, role=role)),
        _refusal(pair.session) as refusal,
    ):
        pair.session.execute(insert(table).values(values))
    return refusal
