"""Every operation as a program calls it; each answer is validated against the description on its way."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from openapi_spec_validator import validate
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.kernel.tenancy.scope import Scope, scoped
from app.people.models import Patient
from app.web.api.openapi import description
from tests.factories.cast import Cast
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.clock import FrozenClock
from tests.support.queries import MOST, CountQueries
from tests.web.api.conftest import CONSENTS, CONTACT, Program

FREE = "/calendars/kinetoterapie/availability?from=2027-03-08&to=2027-03-09"


def wish(start: str, **more: object) -> dict[str, object]:
    body = {"calendar": "kinetoterapie", "starts_at": start}
    return {**body, "contact": CONTACT, "consents": CONSENTS, **more}


def starts(program: Program, path: str = FREE) -> list[str]:
    days = program.call("GET", path).get_json()["days"]
    return [one["starts_at"] for day in days for one in day["starts"]]


def rows(session: Session, scene: Scene, table: type[Appointment] | type[Patient]) -> int:
    with scoped(session, Scope(org_id=scene.org_id)):
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.proves("BOK-02", "INT-01")
def test_from_the_first_look_to_the_cancelled_booking(program: Program, scene: Scene) -> None:
    clinic = program.call("GET", "").get_json()
    assert clinic["consents"][0]["version"] == 1
    assert program.call("GET", "/").status_code == 200
    offered = program.call("GET", "/calendars").get_json()["calendars"][0]
    assert (offered["calendar"], offered["price"]["minor"]) == ("kinetoterapie", 18000)
    people = program.call("GET", "/specialists").get_json()["specialists"]
    assert people[0]["calendars"] == ["kinetoterapie"]
    first = starts(program)[0]
    assert first == "2027-03-08T09:00:00+02:00"

    held = program.call("POST", "/holds", {"calendar": "kinetoterapie", "starts_at": first})
    token = held.get_json()["token"]
    assert first not in starts(program)
    longer = program.call("POST", f"/holds/{token}/extension").get_json()
    made = program.book(wish(first, hold=longer["token"]))
    booking = made.get_json()
    assert made.status_code == 201
    assert booking["state"] == "booked"
    assert made.headers["Location"].endswith(f"/bookings/{booking['token']}")
    path = f"/bookings/{booking['token']}"
    assert program.call("GET", path).get_json() == booking
    assert "Ana" not in program.call("GET", path).text

    later = "2027-03-09T16:00:00+02:00"
    moved = program.call("POST", f"{path}/move", {"starts_at": later, "version": 0}).get_json()
    assert (moved["starts_at"], moved["reference"]) == (later, booking["reference"])
    assert first in starts(program)
    stale = program.call("POST", f"{path}/move", {"starts_at": first, "version": 0})
    assert (stale.status_code, stale.get_json()["code"]) == (409, "appointment_changed")
    ended = program.call("POST", f"{path}/cancellation", {"reason": "Plec"}).get_json()
    assert (ended["state"], ended["may_change"]) == ("cancelled", False)
    assert later in starts(program)
    again = program.call("POST", f"{path}/cancellation", {})
    assert again.status_code == 409

    joined = program.call("POST", "/waiting-list", wish("", weekdays=["mon"]) | WAITING)
    assert joined.status_code == 422, "a waiting list knows no start"
    body = {"calendar": "kinetoterapie", "contact": CONTACT, "consents": CONSENTS}
    joined = program.call("POST", "/waiting-list", body | WAITING)
    assert joined.status_code == 201
    place = joined.get_json()["page"].removeprefix("http://localhost:5000")
    shown = program.client.get("/" + place.split("/", 3)[-1] if "://" in place else place)
    assert shown.status_code == 200
    spare = program.call("POST", "/holds", {"calendar": "kinetoterapie", "starts_at": first})
    assert program.call("DELETE", f"/holds/{spare.get_json()['token']}").status_code == 204
    assert first in starts(program)
    described = {
        one["operationId"] for path in description()["paths"].values() for one in path.values()
    }
    assert program.called == described, "an operation was not driven"


WAITING = {"weekdays": ["mon", "tue"], "parts": ["morning"], "first_day": "2027-03-15"}


@pytest.mark.proves("BOK-02")
def test_the_same_booking_sent_twice_is_one(
    program: Program, scene: Scene, session: Session
) -> None:
    first = starts(program)[0]
    one = program.book(wish(first))
    two = program.book(wish(first))
    assert one.get_json() == two.get_json()
    assert two.headers["Idempotency-Replayed"] == "true"
    assert rows(session, scene, Appointment) == 1
    other = program.book(wish(first, note="other"))
    assert (other.status_code, other.get_json()["code"]) == (409, "idempotency_key_reused")


@pytest.mark.proves("BOK-02", "SCH-05")
def test_the_loser_of_a_race_leaves_nothing_behind(
    program: Program, scene: Scene, session: Session
) -> None:
    first = starts(program)[0]
    assert program.book(wish(first)).status_code == 201
    people = rows(session, scene, Patient)
    lost = program.book(wish(first), key="another-key-of-it")
    assert (lost.status_code, lost.get_json()["code"]) == (409, "slot_taken")
    assert rows(session, scene, Patient) == people


@pytest.mark.proves("SCH-04", "SCH-09")
def test_a_hold_is_its_owners_alone(program: Program, scene: Scene, clock: FrozenClock) -> None:
    first, second = starts(program)[:2]
    body = {"calendar": "kinetoterapie", "starts_at": first}
    token = program.call("POST", "/holds", body).get_json()["token"]
    assert program.call("POST", "/holds", body).get_json()["code"] == "slot_taken"
    assert program.book(wish(first)).get_json()["code"] == "slot_taken"
    wrong = program.book(wish(second, hold=token)).get_json()
    assert wrong["errors"][0] | {"detail": ""} == {
        "in": "body",
        "pointer": "/hold",
        "code": "hold_other",
        "detail": "",
    }
    for minutes in (7, 14, 21, 28):
        clock.set(NOW + dt.timedelta(minutes=minutes))
        token = program.call("POST", f"/holds/{token}/extension").get_json()["token"]
    clock.set(NOW + dt.timedelta(minutes=31))
    assert program.call("POST", f"/holds/{token}/extension").get_json()["code"] == "hold_too_long"
    assert program.book(wish(first, hold=token)).status_code == 201
    assert program.call("POST", f"/holds/{token}/extension").status_code == 409


@pytest.mark.proves("APT-03", "BOK-02")
def test_within_the_notice_a_booking_cannot_be_cancelled_or_moved(
    program: Program, scene: Scene, clock: FrozenClock
) -> None:
    first = starts(program)[0]
    token = program.book(wish(first)).get_json()["token"]
    clock.set(dt.datetime(2027, 3, 8, 6, 30, tzinfo=dt.UTC))
    late = program.call("POST", f"/bookings/{token}/cancellation", {})
    assert (late.status_code, late.get_json()["code"]) == (403, "cancel_too_late")
    later = {"starts_at": "2027-03-09T16:00:00+02:00"}
    assert program.call("POST", f"/bookings/{token}/move", later).status_code == 403
    clock.set(dt.datetime(2027, 5, 4, tzinfo=dt.UTC))
    assert program.call("GET", f"/bookings/{token}").status_code == 410


@pytest.mark.proves("KRN-01", "BOK-02")
def test_tokens_of_one_clinic_say_nothing_in_another(program: Program, scene: Scene) -> None:
    first = starts(program)[0]
    hold = program.call("POST", "/holds", {"calendar": "kinetoterapie", "starts_at": first})
    path = f"/holds/{hold.get_json()['token']}"
    assert program.call("DELETE", path, root="/altius/api/v1").status_code == 404
    token = program.book(wish(first, hold=hold.get_json()["token"])).get_json()["token"]
    there = program.call("GET", f"/bookings/{token}", root="/altius/api/v1")
    nowhere = program.call("GET", f"/bookings/{'a' * 22}", root="/altius/api/v1")
    said = [{**one.get_json(), "request_id": ""} for one in (there, nowhere)]
    assert said[0] == said[1]


@pytest.mark.proves("BOK-02", "CNS-01")
def test_texts_need_consent_to_the_newest_words(program: Program, scene: Scene) -> None:
    first = starts(program)[0]
    none = program.book(wish(first, consents=[])).get_json()
    assert none["errors"][0]["code"] == "consent_missing"
    old = program.book(wish(first, consents=[{"purpose": "sms_appointments", "version": 7}]))
    assert old.get_json()["errors"][0]["pointer"] == "/consents/0/version"


@pytest.mark.proves("BOK-02")
def test_sentences_come_in_the_callers_language(program: Program, scene: Scene) -> None:
    romanian = {"Accept-Language": "ro-RO,ro;q=0.9"}
    answer = program.call("GET", "/calendars", headers=romanian)
    assert answer.headers["Content-Language"] == "ro"
    assert answer.get_json()["calendars"][0]["name"] == "Kinetoterapie"
    lost = program.call("GET", "/bookings/x", headers=romanian).get_json()
    assert lost["title"] == "Not Found"


@pytest.mark.proves("BOK-02", "INT-01")
def test_the_description_is_valid_and_names_its_server(program: Program, cast: Cast) -> None:
    answer = program.client.get("/movimento/api/v1/openapi.json")
    said = answer.get_json()
    validate(said)
    assert said["servers"][0]["url"].endswith("/movimento/api/v1")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.proves("SEC-01")
def test_any_site_may_call_but_never_with_credentials(
    program: Program, app: Flask, scene: Scene
) -> None:
    before = program.client.options(
        "/movimento/api/v1/bookings", headers={"Origin": "https://clinica.example"}
    )
    assert before.status_code == 200
    assert "Idempotency-Key" in before.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in before.headers
    page = program.client.get("/movimento/", headers={"Origin": "https://clinica.example"})
    assert "Access-Control-Allow-Origin" not in page.headers


@pytest.mark.proves("BOK-02")
def test_free_times_cost_few_queries(
    program: Program, scene: Scene, count_queries: CountQueries
) -> None:
    with count_queries() as asked:
        starts(program)
    assert asked.count <= MOST, asked.statements
