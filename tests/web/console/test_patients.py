"""Patients: the list, its pages and its export; one patient's page; cards added and corrected."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.access.models import RolePermission
from app.kernel.audit.models import AuditEvent, RecordAccess
from app.kernel.tenancy.scope import Scope, scoped
from app.people.models import Patient
from tests.factories.cast import Cast
from tests.factories.desk import add_people, asked_for, book_for, english
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

PATIENTS = "/movimento/console/patients"
NAMES = [f"Maria {letter}{letter.lower()}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"] * 2


@pytest.fixture
def signed_in(signed_in: SignIn) -> SignIn:
    """Everybody of these tests reads English."""
    return lambda person: english(signed_in(person))


@pytest.fixture
def desk(signed_in: SignIn, cast: Cast, scene: Scene) -> BrowserClient:
    return signed_in(cast.ramona)


def card(**changes: str) -> dict[str, str]:
    return {"name": "Ilinca Dan", "phone": "0733 222 111", "email": "", "locale": "ro"} | changes


def all_named(session: Session, scene: Scene, name: str) -> list[Any]:
    with scoped(session, Scope(org_id=scene.org_id)):
        return list(
            session.execute(
                select(Patient.id, Patient.phone, Patient.email, Patient.search_text).where(
                    Patient.name == name
                )
            )
        )


@pytest.mark.proves("INT-02")
def test_the_list_is_searched_ordered_and_paged_by_its_address(
    session: Session, desk: BrowserClient, scene: Scene, count_queries: CountQueries
) -> None:
    add_people(session, scene.org_id, NAMES)
    with count_queries() as asked:
        text = desk.get(f"{PATIENTS}?q=maria&sort=-name&page=3").get_data(as_text=True)
    assert len(asked_for(asked)) <= MOST
    assert "51–52 of 52" in text
    assert "Maria Aa" in text
    assert "Petra" not in text
    part = desk.fragment(f"{PATIENTS}?q=tantar").get_data(as_text=True)
    assert "Petra Țânțar" in part
    assert "<!doctype" not in part
    assert "Nobody found" in desk.get(f"{PATIENTS}?q=zzz").get_data(as_text=True)


@pytest.mark.proves("INT-02")
@pytest.mark.parametrize("query", ["page=0", "size=101", "sort=phone", "page=x", "page=99999999"])
def test_a_list_that_cannot_be_is_refused(desk: BrowserClient, query: str) -> None:
    assert desk.get(f"{PATIENTS}?{query}").status_code == 422


def test_a_page_behind_the_last_one_says_how_many_there_are(desk: BrowserClient) -> None:
    assert desk.get(f"{PATIENTS}?page=7").status_code == 200


def test_the_export_has_every_row_and_no_formula(
    session: Session, desk: BrowserClient, scene: Scene
) -> None:
    add_people(session, scene.org_id, [*NAMES, "=HYPERLINK(1)"])
    answer = desk.get(f"{PATIENTS}.csv?q=maria")
    lines = answer.get_data(as_text=True).splitlines()
    assert len(lines) == 53
    assert answer.mimetype == "text/csv"
    every = desk.get(f"{PATIENTS}.csv").get_data(as_text=True)
    assert '"\'=HYPERLINK(1)"' in every
    with scoped(session, Scope(org_id=scene.org_id)):
        exports = session.scalars(
            select(AuditEvent.after)
            .where(AuditEvent.action == "patients.export")
            .order_by(AuditEvent.id)
        ).all()
    assert [one["rows"] for one in exports if one] == [52, 55]


@pytest.mark.proves("KRN-15")
def test_a_patient_page_shows_visits_and_the_look_is_written_down(
    session: Session,
    redis: Redis,
    desk: BrowserClient,
    cast: Cast,
    scene: Scene,
    count_queries: CountQueries,
) -> None:
    visit = book_for(session, redis, scene, cast)
    with count_queries() as asked:
        text = desk.get(f"{PATIENTS}/{cast.petra.patient_id}").get_data(as_text=True)
    assert len(asked_for(asked)) <= MOST, "\n".join(asked_for(asked))
    for words in ("Petra Țânțar", "0722 000 111", f"/visits/{visit.id}", "New visit"):
        assert words in text
    with scoped(session, Scope(org_id=scene.org_id)):
        assert session.scalars(select(RecordAccess.what)).all() == ["card"]


def test_a_patient_is_added_once(session: Session, desk: BrowserClient, scene: Scene) -> None:
    assert desk.post(f"{PATIENTS}/new", data=card()).status_code == 303
    (made,) = all_named(session, scene, "Ilinca Dan")
    assert made.phone == "+40733222111"
    again = desk.post(f"{PATIENTS}/new", data=card(name="Ilinca D."))
    assert again.status_code == 422
    assert str(made.id) in again.get_data(as_text=True)
    assert desk.post(f"{PATIENTS}/new", data=card(name="Ilinca D.", apart="y")).status_code == 303


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "fill this in"),
        ({"name": "x" * 100_000}, "too long"),
        ({"phone": ""}, "mobile number or an e-mail"),
        ({"phone": "+44 7911 123456"}, "not from the chosen country"),
        ({"email": "ilinca@"}, "not an e-mail"),
        ({"birth_date": "2031-01-01"}, "cannot be right"),
        ({"birth_date": "1850-01-01"}, "cannot be right"),
    ],
)
def test_what_is_wrong_with_a_card_is_named_beside_it(
    session: Session, desk: BrowserClient, scene: Scene, changes: dict[str, str], words: str
) -> None:
    answer = desk.post(f"{PATIENTS}/new", data=card(**changes))
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert all_named(session, scene, "Ilinca Dan") == []


def test_a_corrected_card_is_found_by_its_new_words(
    session: Session, desk: BrowserClient, cast: Cast, scene: Scene
) -> None:
    address = f"{PATIENTS}/{cast.petra.patient_id}/edit"
    text = desk.get(address).get_data(as_text=True)
    assert 'value="Petra Țânțar"' in text
    mark = text.split('name="seen" type="hidden" value="')[1].split('"')[0]
    fields = card(name="Petra Șerban", phone="", email="", seen=mark)
    assert desk.post(address, data=fields).status_code == 303
    (changed,) = all_named(session, scene, "Petra Șerban")
    assert changed.search_text == "petra serban"
    assert (changed.phone, changed.email) == (None, None)


@pytest.mark.proves("KRN-04")
def test_who_may_only_see_patients_changes_none(
    session: Session, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        for row in session.scalars(
            select(RolePermission).where(RolePermission.permission == "patients.manage")
        ):
            session.delete(row)
        session.commit()
    desk = signed_in(cast.ramona)
    address = f"{PATIENTS}/{cast.petra.patient_id}"
    assert "Edit the card" not in desk.get(address).get_data(as_text=True)
    assert desk.get(f"{address}/edit").status_code == 403
    assert desk.post(f"{PATIENTS}/new", data=card()).status_code == 403


def test_another_clinic_finds_no_patient(signed_in: SignIn, cast: Cast) -> None:
    stranger = signed_in(cast.bogdan)
    for end in ("", "/edit"):
        foreign = f"/altius/console/patients/{cast.petra.patient_id}{end}"
        assert stranger.get(foreign).status_code == 404
        assert stranger.get(foreign.replace("altius", "movimento")).status_code == 404
    assert "Petra" not in stranger.get("/altius/console/patients").get_data(as_text=True)
    assert "Petra" not in stranger.get("/altius/console/patients.csv").get_data(as_text=True)
