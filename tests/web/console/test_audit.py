"""The trail of the clinic: three books, filters, pages, export."""

from __future__ import annotations

import csv
import datetime as dt
import io
import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit import queries
from app.kernel.audit.models import AuditEvent
from app.kernel.audit.record import record, record_access
from app.kernel.tenancy.scope import Scope, scoped
from tests.factories.cast import Cast, staff_actor
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn

PATH = "/movimento/console/audit"


@pytest.fixture
def trail(session: Session, cast: Cast) -> None:
    """Thirty acts of Ramona, one of Stefan for Petra, one refused, one look at Petra's record."""
    ramona, stefan = staff_actor(cast.ramona), staff_actor(cast.stefan)
    with scoped(session, Scope(org_id=cast.clinic.id)):
        for number in range(30):
            at = NOW - dt.timedelta(days=40, minutes=number)
            record(session, ramona, "note.write", "note", number, at=at, after={"n": number})
        acting = stefan.acting_for(cast.petra.patient_id or cast.stefan.human_id)
        record(session, acting, "visit.book", "visit", "v1", at=NOW, reason="on the phone")
        record(session, ramona, "GET roles", "route", None, at=NOW, outcome="refused", status=403)
        assert cast.petra.patient_id
        record_access(session, stefan, cast.petra.patient_id, "chart", at=NOW)
    session.commit()


@pytest.fixture
def olga(cast: Cast, signed_in: SignIn) -> BrowserClient:
    return signed_in(cast.olga)


@pytest.mark.parametrize(
    "path", [PATH, f"{PATH}/records", f"{PATH}/sign-ins", f"{PATH}/actions.csv"]
)
def test_the_trail_is_for_those_who_may(
    cast: Cast, client: BrowserClient, signed_in: SignIn, olga: BrowserClient, path: str
) -> None:
    assert olga.get(path).status_code == 200
    assert client.get(path).status_code == 303
    assert signed_in(cast.ramona).get(path).status_code == 403
    assert signed_in(cast.bogdan).get(path).status_code == 404


@pytest.mark.proves("KRN-15")
def test_a_refused_look_at_the_trail_stands_in_it(
    cast: Cast, signed_in: SignIn, olga: BrowserClient
) -> None:
    signed_in(cast.ramona).get(PATH)
    page = olga.get(f"{PATH}?outcome=refused&actor={cast.ramona.human_id}").text
    assert "GET console.audit" in page
    assert "The role does not allow it." in page
    assert "Tried to open a page" in page


@pytest.mark.proves("KRN-15", "INT-02")
@pytest.mark.usefixtures("trail")
def test_filters_narrow_and_pages_follow(olga: BrowserClient, cast: Cast) -> None:
    first = olga.get(f"{PATH}?action=note.").text
    assert first.count(">note.write</code>") == 25
    assert "1–25 of 30" in first
    second = olga.get(f"{PATH}?action=note.&page=2").text
    assert second.count(">note.write</code>") == 5
    by_stefan = olga.get(f"{PATH}?actor={cast.stefan.human_id}").text
    assert "visit.book" in by_stefan
    assert "note.write" not in by_stefan
    for_petra = olga.get(f"{PATH}?subject={cast.petra.patient_id}").text
    assert "acting for Petra Țânțar" in for_petra, "both identities in one row"
    assert "note.write" not in for_petra
    day = (NOW - dt.timedelta(days=40)).date().isoformat()
    assert "visit.book" not in olga.get(f"{PATH}?since={day}&until={day}").text
    fragment = olga.fragment(f"{PATH}?outcome=refused").text
    assert "<html" not in fragment
    assert "GET roles" in fragment
    assert "note.write" not in fragment


@pytest.mark.usefixtures("trail")
def test_filters_that_make_no_sense_are_as_if_absent(olga: BrowserClient) -> None:
    assert olga.get(f"{PATH}?since=0001-01-01&until=9999-12-31").status_code == 200
    page = olga.get(f"{PATH}?actor=me&since=yesterday&outcome=odd&subject=nothing-like-it")
    assert page.status_code == 200
    assert "Nothing is found" in page.text
    assert olga.get(f"{PATH}?page=0").status_code == 422
    assert olga.get(f"{PATH}/gossip").status_code == 404


@pytest.mark.proves("KRN-05")
@pytest.mark.usefixtures("trail")
def test_looks_at_records_and_sign_ins_are_books_of_their_own(olga: BrowserClient) -> None:
    looked = olga.get(f"{PATH}/records").text
    assert "Petra Țânțar" in looked
    assert ">chart</td>" in looked
    assert "Olga Popescu" in olga.get(f"{PATH}/sign-ins").text


@pytest.mark.proves("KRN-15")
@pytest.mark.usefixtures("trail")
def test_the_export_has_every_row_and_is_recorded_itself(
    olga: BrowserClient, cast: Cast, session: Session
) -> None:
    response = olga.get(f"{PATH}/actions.csv?action=note.")
    assert response.mimetype == "text/csv"
    assert "movimento-actions-2027-03-03.csv" in response.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(response.text.lstrip("\ufeff"))))
    assert len(rows) == 30
    assert rows[0]["actor_name"] == "Ramona Ene"
    assert rows[0]["after"] == '{"n": 0}'
    with scoped(session, Scope(org_id=cast.clinic.id)):
        made = session.scalars(select(AuditEvent).where(AuditEvent.action == "audit.export")).one()
    assert made.after == {"action": "note."}


@pytest.mark.proves("KRN-15")
@pytest.mark.usefixtures("trail")
def test_an_export_is_read_in_batches_without_loss(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "EXPORT_BATCH", 7)
    chosen = queries.actions_query(cast.clinic.id, queries.TrailFilter(action="note."))
    with scoped(session, Scope(org_id=cast.clinic.id)):
        rows = list(queries.export(session, chosen))
    assert sorted(row.after["n"] for row in rows) == list(range(30))
    assert [row.at for row in rows] == sorted((row.at for row in rows), reverse=True)


@pytest.mark.proves("KRN-05")
@pytest.mark.parametrize("statement", ["update", "delete"])
def test_the_trail_cannot_be_changed(
    session: Session, cast: Cast, statement: str, trail: None
) -> None:
    from sqlalchemy import delete, update

    change = {"update": update(AuditEvent).values(reason="x"), "delete": delete(AuditEvent)}
    with (
        pytest.raises(Exception, match="permission denied"),
        scoped(session, Scope(org_id=cast.clinic.id)),
    ):
        session.execute(change[statement])
    session.rollback()


@pytest.mark.proves("KRN-01", "KRN-15")
@pytest.mark.usefixtures("trail")
def test_another_clinic_reads_nothing_of_it(
    signed_in: SignIn, cast: Cast, session: Session
) -> None:
    page = signed_in(cast.bogdan).get("/altius/console/audit").text
    assert "note.write" not in page
    assert "Ramona" not in page
    outsider = Actor(kind="system", org_id=cast.clinic.id)
    with (
        pytest.raises(Exception, match="row-level security"),
        scoped(session, Scope(org_id=cast.other_clinic.id)),
    ):
        record(session, outsider, "forged", "note", 1, at=NOW)
    session.rollback()


def test_what_a_row_speaks_of_is_one_click_away(
    session: Session, cast: Cast, olga: BrowserClient
) -> None:
    """Patients and visits lead to their pages; what has none, or may not be opened, is only named."""
    patient, visit = cast.petra.patient_id, uuid.uuid4()
    with scoped(session, Scope(org_id=cast.clinic.id)):
        actor = staff_actor(cast.olga)
        record(session, actor, "patients.add", "patient", patient, at=NOW)
        record(session, actor, "appointments.book", "appointment", visit, at=NOW)
        record(session, actor, "schedule.block", "block", visit, at=NOW)
        record(session, actor, "audit.export", "audit", "actions", at=NOW)
        session.commit()
    text = olga.get(PATH).text
    assert f'href="/movimento/console/patients/{patient}">Patient</a>' in text
    assert f'href="/movimento/console/visits/{visit}">Visit</a>' in text
    assert "Blocked time</a>" not in text
    assert "Blocked time" in text
