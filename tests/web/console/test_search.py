"""The search box: patients by any part and without accents, visits by reference, dates and commands."""

from __future__ import annotations

import pytest
from redis import Redis
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.kernel.access.models import Role
from app.kernel.tenancy.scope import Scope, scoped
from tests.factories.cast import Cast
from tests.factories.desk import add_people, asked_for, book_for, english
from tests.factories.scene import Scene
from tests.support.browser_client import SignIn
from tests.support.queries import MOST, CountQueries

SEARCH = "/movimento/console/search"


@pytest.fixture
def signed_in(signed_in: SignIn) -> SignIn:
    """Everybody of these tests reads English."""
    return lambda person: english(signed_in(person))


def found(signed_in: SignIn, cast: Cast, words: str) -> str:
    desk = signed_in(cast.ramona)
    return desk.fragment(SEARCH, query_string={"q": words}).get_data(as_text=True)


@pytest.mark.proves("KRN-10")
@pytest.mark.parametrize("words", ["Stefan", "ștefan", "ŞTEFAN", "turc stef", "0700 000", "+40700"])
def test_any_part_of_a_patient_is_found_without_accents(
    session: Session, signed_in: SignIn, cast: Cast, scene: Scene, words: str
) -> None:
    add_people(session, scene.org_id, ["Ștefan Țurcanu", "Ioana Albu"])
    text = found(signed_in, cast, words)
    assert "Ștefan Țurcanu" in text
    assert "<!doctype" not in text


def test_an_email_is_found_and_what_stands_beside_names_the_next_visit(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    book_for(session, redis, scene, cast)
    text = found(signed_in, cast, "petra@exam")
    assert "Petra Țânțar" in text
    assert "next visit 3 Mar 2027, 12:00" in text


def test_a_reference_read_out_on_the_phone_finds_the_visit(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    visit = book_for(session, redis, scene, cast)
    for words in (visit.reference.lower(), visit.reference.replace("-", ""), visit.reference[:6]):
        assert f"/visits/{visit.id}" in found(signed_in, cast, words)


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("12.3", "/day/2027-03-12"),
        ("1.2", "/day/2028-02-01"),
        ("12.03.2026", "/day/2026-03-12"),
        ("2027-04-01", "/day/2027-04-01"),
        ("patients", "/console/patients"),
        ("new vis", "/visits/new"),
    ],
)
def test_dates_and_commands_lead_there(
    signed_in: SignIn, cast: Cast, scene: Scene, words: str, address: str
) -> None:
    assert address in found(signed_in, cast, words)


@pytest.mark.parametrize("words", ["31.2", "%", "_", "'; drop", "x" * 5000, "\0", "👍"])
def test_strange_words_find_nothing_and_break_nothing(
    signed_in: SignIn, cast: Cast, scene: Scene, words: str
) -> None:
    assert "Petra" not in found(signed_in, cast, words)


def test_without_script_the_answer_is_a_page(
    signed_in: SignIn, cast: Cast, scene: Scene, count_queries: CountQueries
) -> None:
    desk = signed_in(cast.ramona)
    with count_queries() as asked:
        text = desk.get(f"{SEARCH}?q=petra").get_data(as_text=True)
    assert "<h1>" in text
    assert "Petra Țânțar" in text
    assert len(asked_for(asked)) <= MOST


@pytest.mark.proves("KRN-04")
def test_a_role_with_own_patients_finds_only_them(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    visit = book_for(session, redis, scene, cast)
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(update(Role).values(own_patients_only=True))
        session.commit()
    specialist, desk = signed_in(cast.stefan), signed_in(cast.ramona)
    for words in ("petra", visit.reference):
        assert "Petra" in specialist.fragment(f"{SEARCH}?q={words}").get_data(as_text=True)
        assert "Petra" not in desk.fragment(f"{SEARCH}?q={words}").get_data(as_text=True)
    assert "David" not in specialist.fragment(f"{SEARCH}?q=david").get_data(as_text=True)


def test_strangers_search_their_own_clinic(signed_in: SignIn, cast: Cast) -> None:
    stranger = signed_in(cast.bogdan)
    assert stranger.get(f"{SEARCH}?q=petra").status_code == 404
    own = stranger.get("/altius/console/search?q=petra").get_data(as_text=True)
    assert "Țânțar" not in own
