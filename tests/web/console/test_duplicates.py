"""Duplicates at the desk: the list, two cards side by side, merging, taking back, two people (BYD-09)."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.tenancy.scope import Scope, scoped
from app.people.actions import Contact, add_guest, add_patient
from app.people.merging.followers import followers
from app.people.merging.models import PatientMerge
from app.people.models import Patient
from app.tables import metadata
from app.web.http.merging_words import has_words
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import asked_for, english
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

pytestmark = pytest.mark.proves("BYD-09")
CONSOLE = "/movimento/console/patients"
LIST = f"{CONSOLE}/duplicates"


@pytest.fixture
def pair(session: Session, cast: Cast) -> tuple[uuid.UUID, uuid.UUID]:
    """Ana, known, and Ana again, a guest with another phone and an e-mail."""
    actor = staff_actor(cast.ramona)
    with scoped(session, Scope(org_id=actor.clinic)):
        known = add_patient(session, actor, Contact("Ana Pop", None, "+40722000009"), NOW)
        guest = add_guest(session, actor, Contact("Pop Ana", "ana@x.ro", "+40722000009"), NOW)
        session.commit()
    return known, guest


@pytest.fixture
def desk(signed_in: SignIn, cast: Cast) -> BrowserClient:
    return english(signed_in(cast.ramona))


def of(pair: tuple[uuid.UUID, uuid.UUID], verb: str = "same") -> str:
    return f"{CONSOLE}/{pair[0]}/{verb}/{pair[1]}"


def test_found_compared_merged_and_taken_back(
    session: Session,
    desk: BrowserClient,
    cast: Cast,
    pair: tuple[uuid.UUID, uuid.UUID],
    count_queries: CountQueries,
) -> None:
    assert "Duplicates" in desk.get(CONSOLE).text
    with count_queries() as asked:
        text = desk.get(LIST).text
    assert len(asked_for(asked)) <= MOST
    assert "same name, same phone" in text
    with count_queries() as asked:
        compared = desk.get(of(pair)).text
    assert len(asked_for(asked)) <= MOST
    assert "This card is kept" in compared
    merged = desk.post(of(pair), data={"name": str(pair[1])})
    assert merged.headers["Location"].endswith(str(pair[0]))
    card = desk.get(merged.headers["Location"]).text
    assert "Pop Ana" in card
    assert "ana@x.ro" in card
    assert desk.get(f"{CONSOLE}/{pair[1]}").headers["Location"].endswith(str(pair[0]))
    assert desk.get(of(pair)).status_code == 303
    assert "No duplicates in sight" in desk.get(LIST).text
    with scoped(session, Scope(org_id=cast.clinic.id)):
        merge_id = session.scalars(select(PatientMerge.id)).one()
    undone = desk.post(f"{CONSOLE}/merges/{merge_id}/undo")
    assert undone.status_code == 303
    assert "are two cards again" in desk.get(undone.headers["Location"]).text
    assert desk.get(f"{CONSOLE}/{pair[1]}").status_code == 200
    again = desk.post(f"{CONSOLE}/merges/{merge_id}/undo")
    assert "taken back already" in desk.get(again.headers["Location"]).text


def test_two_people_are_not_suggested_again(
    desk: BrowserClient, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    assert desk.post(of(pair, "apart")).status_code == 303
    assert "No duplicates in sight" in desk.get(LIST).text


@pytest.mark.proves("CNS-05", "BYD-09")
def test_a_birth_date_that_belongs_to_a_login_is_not_shown(
    session: Session, desk: BrowserClient, cast: Cast, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    def born(patient_id: uuid.UUID, login: uuid.UUID | None) -> None:
        with scoped(session, Scope(org_id=cast.clinic.id)):
            profile = metadata.tables["patient_profiles"]
            theirs = session.scalar(select(Patient.profile_id).where(Patient.id == patient_id))
            changed = profile.update().where(profile.c.id == theirs)
            session.execute(changed.values(birth_date=dt.date(1961, 3, 9), human_id=login))
            session.commit()

    born(pair[0], None)
    assert "9 March 1961" in desk.get(of(pair)).text, "what the clinic keeps itself"
    born(pair[0], cast.carmen.human_id)
    assert "1961" not in desk.get(of(pair)).text
    assert "1961" not in desk.get(LIST).text


def test_two_logins_are_refused_with_what_to_do(
    session: Session, desk: BrowserClient, cast: Cast
) -> None:
    with scoped(session, Scope(org_id=cast.clinic.id)):
        other = session.scalars(select(Patient.id).where(Patient.name == "Petra Țânțar")).one()
        second = add_patient(
            session, staff_actor(cast.ramona), Contact("Petra Tantar", None, None), NOW
        )
        profile = metadata.tables["patient_profiles"]
        mine = session.scalar(select(Patient.profile_id).where(Patient.id == second))
        session.execute(
            profile.update().where(profile.c.id == mine).values(human_id=cast.carmen.human_id)
        )
        session.commit()
    refused = desk.post(of((other, second)))
    assert refused.status_code == 409
    assert "Ask them which account they keep" in refused.text


def test_nobody_elses_and_only_with_permission(
    signed_in: SignIn, cast: Cast, pair: tuple[uuid.UUID, uuid.UUID], session: Session
) -> None:
    stranger = signed_in(cast.bogdan)
    assert stranger.get(LIST).status_code in (403, 404)
    assert stranger.get(of(pair).replace("movimento", "altius")).status_code == 404
    assert stranger.post(of(pair).replace("movimento", "altius")).status_code == 404
    desk = signed_in(cast.ramona)
    assert desk.get(of((pair[0], pair[0]))).status_code == 404
    assert desk.get(of((pair[0], uuid.uuid4()))).status_code == 404
    assert desk.post(f"{CONSOLE}/merges/{uuid.uuid4()}/undo").status_code == 404


def test_a_new_card_says_who_it_looks_like_and_why(
    desk: BrowserClient, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    typed = {"name": "Ana  POP", "phone": "0722 000 009", "email": "", "locale": "ro"}
    page = desk.post(f"{CONSOLE}/new", data=typed)
    assert page.status_code == 422
    assert "(same name, same phone)" in page.text
    child = desk.post(f"{CONSOLE}/new", data=typed | {"name": "Mihai Enache"})
    assert "(same phone)" in child.text


def test_every_table_that_follows_can_be_named() -> None:
    assert all(has_words(one.table.name) for one in followers())


def test_every_row_of_a_patient_follows_or_is_read_through_the_kept_card() -> None:
    """A new table with a patient must decide which of the two it is."""
    read_through = {"consents", "record_accesses", "deliveries", "calendar_feeds", "acting_as"}
    with_patient = {name for name, table in metadata.tables.items() if "patient_id" in table.c}
    assert with_patient == read_through | {one.table.name for one in followers()}
