"""Logs and signed papers cannot be changed by anybody, the owner of the tables included (KRN-05, FRM-03, TLM-04)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from sqlalchemy import create_engine, insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kernel.db.handle import driver_url
from app.kernel.identity.models import Human
from app.kernel.tenancy.models import Organization
from app.kernel.tenancy.scope import NOBODY, enter
from app.lib.ids import uuid7
from app.tables import metadata
from ops import roles, test_servers
from tests.factories.rows import RowMaker
from tests.support.app import NOW
from tests.support.databases import Cluster, DatabaseUrls

RESTRICT_VIOLATION = "23001"
APPEND_ONLY = (
    "audit_events",
    "login_events",
    "record_accesses",
    "appointment_changes",
    "visit_charges",
    "charge_releases",
    "hold_events",
    "consent_purpose_versions",
    "form_template_versions",
    "pose_session_metrics",
    "pose_rep_metrics",
)
SIGNED = {
    "state": "signed",
    "signed_at": NOW,
    "content_sha256": "0" * 64,
    "chain_number": 1,
}
STATEMENTS = {
    "update": "UPDATE {table} SET id = id",
    "delete": "DELETE FROM {table}",
    "truncate": "TRUNCATE {table} CASCADE",
}


@dataclass(frozen=True)
class Owned:
    """A row of each append-only table, and a session that acts as the owner with row-level security lifted."""

    session: Session
    rows: RowMaker


@pytest.fixture(scope="module")
def owned(
    servers: test_servers.TestServers, database_urls: DatabaseUrls, app: object
) -> Iterator[Owned]:
    """Everything is rolled back. The application is asked for because it installs the key ring."""
    url = driver_url(Cluster(servers.admin_url).admin_url_of(database_urls.name))
    engine = create_engine(url)
    with engine.connect() as connection:
        outer = connection.begin()
        session = Session(connection, join_transaction_mode="create_savepoint")
        rows = RowMaker(session, uuid7(), uuid7())
        session.execute(insert(Organization).values(id=rows.org_id, slug="sealed", name="Sealed"))
        session.execute(insert(Human).values(id=rows.human_id, email="sealed@house.test", name="S"))
        for name in APPEND_ONLY:
            rows.row(metadata.tables[name])
        forms = metadata.tables["form_instances"]
        rows.made["form_instances"] = rows.add(forms, **SIGNED)
        rows.row(metadata.tables["consents"])
        enter(session, NOBODY)
        session.execute(text(f"SET LOCAL ROLE {roles.OWNER}"))
        for name in (*APPEND_ONLY, "form_instances", "consents"):
            session.execute(text(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY"))
        yield Owned(session, rows)
        session.close()
        outer.rollback()
    engine.dispose()


@pytest.mark.proves("KRN-05", "TLM-04", "CNS-01", "FRM-02")
@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_owner_cannot_change_a_log(owned: Owned, table: str, statement: str):
    assert _answer(owned, STATEMENTS[statement].format(table=table)) == RESTRICT_VIOLATION


@pytest.mark.proves("FRM-03")
@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_owner_cannot_change_a_signed_form(owned: Owned, statement: str):
    assert (
        _answer(owned, STATEMENTS[statement].format(table="form_instances")) == RESTRICT_VIOLATION
    )


@pytest.mark.proves("CNS-01")
def test_a_withdrawal_is_final_for_the_owner_too(owned: Owned):
    mark = "UPDATE consents SET withdrawn_at = '{at}'"
    with owned.session.begin_nested() as point:
        owned.session.execute(text(mark.format(at="2027-03-03")))
        assert _answer(owned, "UPDATE consents SET withdrawn_at = NULL") == RESTRICT_VIOLATION
        assert _answer(owned, mark.format(at="2027-03-04")) == RESTRICT_VIOLATION
        point.rollback()


def test_the_rows_are_really_there(owned: Owned):
    """A trigger for each row says nothing about an empty table."""
    for name in (*APPEND_ONLY, "form_instances", "consents"):
        assert owned.session.scalar(text(f"SELECT count(*) FROM {name}")) > 0, name


def _answer(owned: Owned, statement: str) -> str | None:
    try:
        with owned.session.begin_nested():
            owned.session.execute(text(statement))
    except DBAPIError as error:
        cause = error.orig
        return cause.sqlstate if isinstance(cause, psycopg.Error) else None
    return None
