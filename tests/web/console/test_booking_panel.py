"""Booking at the desk: found or added patients, free and refused times, and nothing typed is ever lost."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.kernel.tenancy.scope import Scope, scoped
from app.people.models import Patient
from tests.factories.cast import Cast
from tests.factories.desk import asked_for, book_for, english
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

NEW = "/movimento/console/visits/new"


@pytest.fixture
def signed_in(signed_in: SignIn) -> SignIn:
    """Everybody of these tests reads English."""
    return lambda person: english(signed_in(person))


@pytest.fixture
def desk(signed_in: SignIn, cast: Cast, scene: Scene) -> BrowserClient:
    return signed_in(cast.ramona)


def typed(scene: Scene, cast: Cast, **changes: Any) -> dict[str, Any]:
    fields = {
        "do": "book",
        "book-calendar": str(scene.calendar_id),
        "book-specialist": str(scene.specialist_id),
        "book-day": "2027-03-03",
        "book-time": "12:00",
        "book-patient": str(cast.petra.patient_id),
        "book-channel": "phone",
        "book-note": "Sună înainte",
        "book-q": "",
    }
    fields |= {name if name == "do" else f"book-{name}": value for name, value in changes.items()}
    return fields


def visits(session: Session, scene: Scene) -> list[Appointment]:
    with scoped(session, Scope(org_id=scene.org_id)):
        return list(session.scalars(select(Appointment).order_by(Appointment.created_at)))


def people_named(session: Session, scene: Scene, name: str) -> list[Patient]:
    with scoped(session, Scope(org_id=scene.org_id)):
        return list(session.scalars(select(Patient).where(Patient.name == name)))


@pytest.mark.proves("BOK-04", "APT-01")
def test_a_known_patient_is_booked_from_a_free_cell(
    session: Session, desk: BrowserClient, scene: Scene, cast: Cast
) -> None:
    prefilled = f"{NEW}?day=2027-03-03&time=12:00&specialist={scene.specialist_id}"
    text = desk.fragment(prefilled).get_data(as_text=True)
    assert 'value="12:00"' in text
    assert "Free:" in text
    answer = desk.fragment(NEW, "POST", data=typed(scene, cast), headers={"HX-Target": "panel"})
    (visit,) = visits(session, scene)
    assert visit.starts_at == scene.first_free
    assert (visit.patient_id, visit.state) == (cast.petra.patient_id, "upcoming")
    assert (visit.channel, visit.note) == ("phone", "Sună înainte")
    shown = answer.get_data(as_text=True)
    assert visit.reference in shown, "the panel shows the visit"
    assert f"/visits/{visit.id}/cancel?version=0" in shown, "and the toast the way back"


def test_the_panel_asks_little_of_the_database(
    desk: BrowserClient, scene: Scene, count_queries: CountQueries
) -> None:
    with count_queries() as asked:
        desk.fragment(f"{NEW}?day=2027-03-03&time=12:00&specialist={scene.specialist_id}")
    assert len(asked_for(asked)) <= MOST, "\n".join(asked_for(asked))


def test_without_a_time_the_next_free_one_is_proposed(desk: BrowserClient, scene: Scene) -> None:
    text = desk.get(NEW).get_data(as_text=True)
    assert 'value="2027-03-03"' in text
    # Staff are not bound by the notice of two hours: it is ten, and at ten somebody is free.
    assert 'value="10:00"' in text


def test_looking_for_a_patient_keeps_all_that_was_typed(
    desk: BrowserClient, scene: Scene, cast: Cast
) -> None:
    looked = typed(scene, cast, do="look", q="tantar", patient="")
    text = desk.fragment(NEW, "POST", data=looked).get_data(as_text=True)
    assert "Petra Țânțar" in text
    assert "Sună înainte" in text
    assert 'value="12:00"' in text


@pytest.mark.proves("BOK-04")
def test_a_new_patient_is_added_in_the_same_step(
    session: Session, desk: BrowserClient, scene: Scene, cast: Cast
) -> None:
    looked = typed(scene, cast, do="look", q="ștefania ionescu", patient="")
    assert "Ștefania Ionescu" in desk.post(NEW, data=looked).get_data(as_text=True)
    fields = typed(scene, cast, patient="new", name="Ștefania Ionescu", phone="0733 222 111")
    assert desk.post(NEW, data=fields).status_code == 303
    (patient,) = people_named(session, scene, "Ștefania Ionescu")
    assert (patient.phone, patient.number) == ("+40733222111", 1)
    assert visits(session, scene)[0].patient_id == patient.id


def test_what_is_typed_on_begins_the_card_anew_until_somebody_is_found(
    desk: BrowserClient, scene: Scene, cast: Cast
) -> None:
    """The search answers while a name is typed: its first letters must not stay on the card."""
    searching = {"HX-Trigger-Name": "book-q"}
    fields = typed(scene, cast, do="look", q="Ștefania Io", patient="new", name="Ștefania")
    text = desk.fragment(NEW, "POST", data=fields, headers=searching).get_data(as_text=True)
    assert 'value="Ștefania Io"' in text
    fields = typed(scene, cast, do="look", q="Petra", patient="new", name="Pet")
    text = desk.fragment(NEW, "POST", data=fields, headers=searching).get_data(as_text=True)
    assert "Petra Țânțar" in text
    assert 'value="Pet"' not in text
    # What was written by hand stays, whatever is searched.
    fields = typed(scene, cast, do="look", q="Petra", patient="new", name="Ana Pop")
    text = desk.fragment(NEW, "POST", data=fields, headers=searching).get_data(as_text=True)
    assert 'value="Ana Pop"' in text


def test_who_is_none_of_those_found_begins_with_what_was_searched(
    desk: BrowserClient, scene: Scene, cast: Cast
) -> None:
    fields = typed(scene, cast, do="look", q="petra marin", patient="new")
    assert 'value="Petra Marin"' in desk.post(NEW, data=fields).get_data(as_text=True)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2027-13-01"])
def test_an_address_with_an_impossible_date_opens_the_panel_all_the_same(
    desk: BrowserClient, scene: Scene, day: str
) -> None:
    assert desk.get(f"{NEW}?day={day}&time=10:00").status_code == 200


def test_somebody_alike_is_shown_before_a_second_card_is_made(
    session: Session, desk: BrowserClient, scene: Scene, cast: Cast
) -> None:
    fields = typed(scene, cast, patient="new", name="Petra T.", phone="0722 000 111")
    answer = desk.post(NEW, data=fields)
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "known already" in text
    assert str(cast.petra.patient_id) in text
    assert visits(session, scene) == []
    assert desk.post(NEW, data={**fields, "book-apart": "y"}).status_code == 303
    assert len(people_named(session, scene, "Petra T.")) == 1


@pytest.mark.proves("SCH-05", "BYD-01")
def test_a_lost_race_keeps_everything_and_says_what_is_free(
    session: Session, redis: Redis, desk: BrowserClient, scene: Scene, cast: Cast
) -> None:
    book_for(session, redis, scene, cast, patient_id=cast.david.patient_id)
    fields = typed(scene, cast, patient="new", name="Ilinca Dan", phone="0733 222 112")
    answer = desk.fragment(NEW, "POST", data=fields)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "just taken" in text
    assert "takes 12:00 to 13:00" in text
    for kept in ("Ilinca Dan", "0733 222 112", "Sună înainte"):
        assert kept in text
    assert 'name="pick"' in text
    assert people_named(session, scene, "Ilinca Dan") == [], "who was added goes with the race"


def test_a_free_time_that_is_offered_can_be_picked(
    desk: BrowserClient, scene: Scene, cast: Cast
) -> None:
    at = dt.datetime(2027, 3, 3, 13, 0, tzinfo=dt.UTC)
    pick = f"{at.isoformat()}|{scene.specialist_id}"
    fields = typed(scene, cast, do="") | {"pick": pick}
    text = desk.post(NEW, data=fields).get_data(as_text=True)
    assert 'value="15:00"' in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"patient": ""}, "choose the patient"),
        ({"patient": "nobody"}, "choose the patient"),
        ({"time": "09:00"}, "passed"),
        ({"day": "2027-03-28", "time": "03:30"}, "clocks skip"),
        ({"day": ""}, "fill this in"),
        ({"day": "9999-12-31"}, "cannot be right"),
        ({"day": "0001-01-01"}, "cannot be right"),
        ({"patient": "new", "name": "Ana"}, "mobile number or an e-mail"),
        ({"patient": "new", "name": "", "phone": "0733222111"}, "fill this in"),
        ({"patient": "new", "name": "Ana", "phone": "021 311 22 33"}, "not a mobile"),
        ({"note": "x" * 2001}, "At most 2000"),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(
    session: Session,
    desk: BrowserClient,
    scene: Scene,
    cast: Cast,
    changes: dict[str, str],
    words: str,
) -> None:
    answer = desk.post(NEW, data=typed(scene, cast, **changes))
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert visits(session, scene) == []


def test_identifiers_of_another_clinic_are_not_found(
    session: Session, signed_in: SignIn, desk: BrowserClient, scene: Scene, cast: Cast
) -> None:
    stranger = signed_in(cast.bogdan)
    foreign = NEW.replace("movimento", "altius")
    assert stranger.post(foreign, data=typed(scene, cast)).status_code == 404
    assert stranger.get(f"{foreign}?patient={cast.petra.patient_id}").status_code == 404
    assert stranger.get(NEW).status_code == 404
    assert visits(session, scene) == []
