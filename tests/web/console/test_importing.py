"""Importing patients at the desk: a file in, every row seen, choices, progress, the result, back again (BYD-09)."""

from __future__ import annotations

import io
import re
import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.tenancy.scope import Scope, scoped
from app.people.actions import Contact, add_patient
from app.people.importing import actions
from app.people.models import Patient
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import asked_for, english
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock
from tests.support.outbox import DrainOutbox
from tests.support.queries import MOST, CountQueries

pytestmark = pytest.mark.proves("BYD-09")
PATIENTS = "/movimento/console/patients"
IMPORT = f"{PATIENTS}/import"
FILE = (
    "Nume;Telefon;Email;Data nașterii\r\n"
    "Ana Pop;0722 000 001;ana@x.ro;14.03.1985\r\n"
    "Petra Pop;0722000002;;\r\n"
    "Petra Pop;0722000002;;\r\n"
    "=Eva Dan;021 300 4000;;\r\n"
)


@pytest.fixture
def desk(signed_in: SignIn, cast: Cast) -> BrowserClient:
    return english(signed_in(cast.olga))


def sent(
    desk: BrowserClient, content: bytes | str = FILE, name: str = "pacienți.csv", **more: str
) -> str:
    """Upload a file; gives the address of its import, or the page that refuses it."""
    raw = content.encode() if isinstance(content, str) else content
    data = {"file": (io.BytesIO(raw), name), **more}
    answer = desk.post(IMPORT, data=data, content_type="multipart/form-data")
    return answer.location if answer.status_code == 303 else answer.text


def checked(desk: BrowserClient, **more: str) -> str:
    """A file that was looked at; the address of its import."""
    address = sent(desk)
    mapping = {
        f"column-{at}": one for at, one in enumerate(("name", "phone", "email", "birth_date"))
    }
    assert desk.post(f"{address}/columns", data={**mapping, **more}).status_code == 303
    return address


def test_from_the_file_to_the_cards_and_back(
    session: Session,
    cast: Cast,
    desk: BrowserClient,
    drain_outbox: DrainOutbox,
    count_queries: CountQueries,
) -> None:
    actor = staff_actor(cast.olga)
    with scoped(session, Scope(org_id=actor.clinic)):
        known = add_patient(session, actor, Contact("Ana Pop", None, "+40722000001"), NOW)
        session.commit()
    assert "Import" in desk.get(PATIENTS).text
    address = sent(desk)
    text = desk.get(address).text
    assert "What the columns hold" in text
    assert re.search(r'value="birth_date" selected', text)
    address = checked(desk)
    with count_queries() as asked:
        text = desk.get(address).text
    assert len(asked_for(asked)) <= MOST
    assert "Import 1 new patient" in text
    assert "as in line 3" in text
    assert "021 300 4000" in text
    assert "same name, same phone" in text
    assert desk.fragment(f"{address}/rows", "POST", data={"row-2": "fill"}).status_code == 204
    assert re.search(
        r'value="fill" selected', desk.get(address, query_string={"show": "known"}).text
    )
    desk.post(f"{address}/rows", data={"row-2": "", "row-4": "leave"})
    assert not re.search(r'value="fill" selected', desk.get(address).text)
    assert desk.post(f"{address}/start", data={"known": "fill"}).status_code == 303
    assert "Being imported" in desk.get(address).text
    assert "Being imported" in desk.fragment(address, headers={"HX-Target": "progress"}).text
    drain_outbox()
    over = desk.fragment(address, headers={"HX-Target": "progress"})
    assert over.headers["HX-Redirect"] == address
    text = desk.get(address).text
    assert "Take the import back" in text
    with scoped(session, Scope(org_id=actor.clinic)):
        assert (
            session.get_one(Patient, (actor.clinic, known), populate_existing=True).email
            == "ana@x.ro"
        )
    assert desk.post(f"{address}/undo").status_code == 303
    drain_outbox()
    assert "Taken back" in desk.get(address).text
    assert "pacienți.csv" in desk.get(IMPORT).text


def test_rows_to_correct_come_as_a_file_that_can_be_brought_again(desk: BrowserClient) -> None:
    address = checked(desk)
    answer = desk.get(f"{address}/to-correct.csv")
    text = answer.text.removeprefix("\ufeff")
    assert "'=Eva Dan" in text
    assert '"5","Mobile: This is not a mobile number' in text
    again = sent(desk, text.replace("021 300 4000", "0733 000 004"), "again.csv")
    assert (
        desk.post(f"{again}/columns", data={"column-0": "name", "column-1": "phone"}).status_code
        == 303
    )
    assert "=Eva Dan" in desk.get(again).text
    assert "Import 1 new patient" in desk.get(again).text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04", "This is a workbook"),
        (b"a;b\n\x00;", "This is not a text file."),
        (b'Nume;Tel\n"Ana;1', "begins on line 2"),
        (b"Nume;Telefon\n", "has no row below"),
        (b"x" * (5 * 1024 * 1024 + 1), "The file is too large."),
    ],
)
def test_files_that_are_refused_say_why(desk: BrowserClient, content: bytes, words: str) -> None:
    assert words in sent(desk, content)


def test_the_reader_says_how_to_read(desk: BrowserClient) -> None:
    raw = "Nume\tTelefon\nȘtefan\t0722000001".replace("Ș", "Ş").encode("cp1250")
    address = sent(desk, raw, encoding="cp1250", separator="TAB")
    text = desk.get(address).text
    assert "Windows-1250 · Tab" in text
    assert "Ştefan" in text
    assert "Please fill this in" in desk.post(IMPORT, data={}).text
    assert desk.post(IMPORT, data={"encoding": "latin-9"}).status_code == 422
    assert desk.get(f"{PATIENTS}/import-example.csv").text.startswith("\ufeff")


def test_columns_that_cannot_be_are_shown_again(desk: BrowserClient) -> None:
    address = sent(desk)
    twice = desk.post(f"{address}/columns", data={"column-0": "name", "column-1": "name"})
    assert twice.status_code == 422
    assert "Two columns cannot hold the same" in twice.text
    nameless = desk.post(f"{address}/columns", data={"column-1": "phone"})
    assert "Say which column holds the name." in nameless.text


def test_a_file_can_be_forgotten_and_one_brought_twice_is_said(
    desk: BrowserClient, drain_outbox: DrainOutbox
) -> None:
    address = checked(desk)
    desk.post(f"{address}/start", data={"known": "leave"})
    drain_outbox()
    again = checked(desk)
    assert "This very file was imported before" in desk.get(again).text
    assert desk.post(f"{again}/discard").status_code == 303
    assert desk.get(again).status_code == 303
    assert desk.post(f"{again}/discard").status_code == 409


def test_an_import_that_stands_still_is_woken(
    desk: BrowserClient, clock: FrozenClock, drain_outbox: DrainOutbox
) -> None:
    address = checked(desk)
    desk.post(f"{address}/start", data={"known": "leave"})
    assert desk.post(f"{address}/resume").status_code == 409
    clock.advance(seconds=actions.STALLED.total_seconds())
    assert "Nothing has moved" in desk.get(address).text
    assert desk.post(f"{address}/resume").status_code == 303
    drain_outbox()
    assert "Take the import back" in desk.get(address).text


def test_only_who_may_and_only_their_own_clinic(
    session: Session, signed_in: SignIn, cast: Cast, desk: BrowserClient
) -> None:
    address = checked(desk)
    stranger = address.rsplit("/", 1)[0] + f"/{uuid.uuid4()}"
    assert desk.get(stranger).status_code == 404
    assert desk.post(f"{stranger}/start").status_code == 404
    for person in (cast.ramona, cast.stefan):
        other = english(signed_in(person))
        assert other.get(IMPORT).status_code == 403
        assert other.get(address).status_code == 403
        assert f'href="{IMPORT}"' not in other.get(PATIENTS).text
    with scoped(session, Scope(org_id=cast.clinic.id)):
        assert not session.scalars(select(Patient).where(Patient.name == "Petra Pop")).all()
