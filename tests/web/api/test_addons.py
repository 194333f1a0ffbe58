"""What a program adds to a visit: listed, counted in times, kept with a hold, booked, and refused by name (APT-02)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from app.catalog.addons import AddonDraft, add_addon, archive_addon
from app.kernel.tenancy.scope import Scope, scoped
from tests.factories.cast import Cast, staff_actor
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.queries import MOST, CountQueries
from tests.web.api.conftest import CONSENTS, CONTACT, Program

pytestmark = pytest.mark.proves("APT-02", "BOK-02")
FREE = "/calendars/kinetoterapie/availability?from=2027-03-08&to=2027-03-08"
NINE = "2027-03-08T09:00:00+02:00"


@dataclass(frozen=True)
class Ids:
    """What the clinic has: massage online, a bandage at the desk only."""

    massage: str
    bandage: str


@pytest.fixture
def addons(session: Session, scene: Scene, cast: Cast) -> Ids:
    """A quarter of an hour of massage, twice at most, and a bandage that only the desk adds."""
    drafts = (
        AddonDraft({"ro": "Masaj", "en": "Massage"}, 5000, extra_min=15, most=2),
        AddonDraft({"ro": "Bandaj", "en": "Bandage"}, 100, online=False),
    )
    with scoped(session, Scope(org_id=scene.org_id)):
        owner = staff_actor(cast.olga)
        made = [add_addon(session, owner, scene.service_id, one, now=NOW) for one in drafts]
        session.commit()
    return Ids(*map(str, made))


def wish(**more: object) -> dict[str, object]:
    body = {"calendar": "kinetoterapie", "starts_at": NINE}
    return {**body, "contact": CONTACT, "consents": CONSENTS, **more}


def take(addon: str, quantity: int = 1) -> list[dict[str, object]]:
    return [{"addon": addon, "quantity": quantity}]


def faults(program: Program, body: dict[str, object]) -> list[tuple[str, str]]:
    answer = program.book(body)
    assert answer.status_code == 422, answer.text
    return [(one["pointer"], one["code"]) for one in answer.get_json()["errors"]]


def test_listed_with_the_calendar_without_a_query_for_each(
    program: Program, addons: Ids, count_queries: CountQueries
) -> None:
    with count_queries() as asked:
        (calendar,) = program.call("GET", "/calendars").get_json()["calendars"]
    assert asked.count <= MOST, asked.statements
    assert calendar["addons"] == [
        {
            "addon": addons.massage,
            "name": "Massage",
            "price": {"minor": 5000, "currency": "RON"},
            "extra_min": 15,
            "most": 2,
        }
    ]


def test_times_are_those_long_enough_and_say_the_whole(program: Program, addons: Ids) -> None:
    plain = program.call("GET", FREE).get_json()
    assert (plain["duration_min"], plain["price"]["minor"]) == (45, 18000)
    twice = program.call("GET", f"{FREE}&addons={addons.massage}*2").get_json()
    assert (twice["duration_min"], twice["price"]["minor"]) == (75, 28000)
    listed = [{one["starts_at"] for one in said["days"][0]["starts"]} for said in (plain, twice)]
    assert listed[1] < listed[0], "fewer starts leave room for a longer visit"


@pytest.mark.parametrize("wrong", ["x", "", "*2", "{id}*0", "{id},{id}", "{id}*3", "{other}"])
def test_a_wrong_addon_of_a_query_is_named(program: Program, addons: Ids, wrong: str) -> None:
    said = wrong.format(id=addons.massage, other=addons.bandage)
    answer = program.call("GET", f"{FREE}&addons={said}")
    assert answer.status_code == 422
    assert [one["name"] for one in answer.get_json()["errors"]] == ["addons"]


def test_held_extended_and_booked_with_it(program: Program, addons: Ids) -> None:
    body = {"calendar": "kinetoterapie", "starts_at": NINE, "addons": take(addons.massage)}
    held = program.call("POST", "/holds", body).get_json()
    assert (held["ends_at"], held["price"]["minor"]) == ("2027-03-08T10:00:00+02:00", 23000)
    longer = program.call("POST", f"/holds/{held['token']}/extension").get_json()
    assert longer["ends_at"] == held["ends_at"]
    other = faults(program, wish(hold=longer["token"], addons=take(addons.massage, 2)))
    assert other == [("/hold", "hold_addons")]
    assert faults(program, wish(hold=longer["token"], addons=[])) == [("/hold", "hold_addons")]
    made = program.book(wish(hold=longer["token"]), key="a-key-for-the-booking").get_json()
    assert (made["ends_at"], made["price"]["minor"]) == ("2027-03-08T10:00:00+02:00", 23000)
    (one,) = made["addons"]
    assert (one["addon"], one["name"], one["quantity"]) == (addons.massage, "Massage", 1)


def test_booked_without_a_hold_and_moved_whole(program: Program, addons: Ids) -> None:
    made = program.book(wish(addons=take(addons.massage, 2))).get_json()
    assert made["ends_at"] == "2027-03-08T10:15:00+02:00"
    path = f"/bookings/{made['token']}"
    later = {"starts_at": "2027-03-09T09:00:00+02:00"}
    moved = program.call("POST", f"{path}/move", later).get_json()
    assert moved["ends_at"] == "2027-03-09T10:15:00+02:00"
    assert moved["addons"] == made["addons"]


def test_what_cannot_be_added_is_refused_by_name(program: Program, addons: Ids) -> None:
    stranger = str(uuid.uuid4())
    wanted = [*take(addons.bandage), *take(addons.massage, 3), *take(stranger)]
    assert faults(program, wish(addons=wanted)) == [
        ("/addons/0/addon", "addon_unknown"),
        ("/addons/1/quantity", "out_of_range"),
        ("/addons/2/addon", "addon_unknown"),
    ]
    twice = take(addons.massage) * 2
    assert faults(program, wish(addons=twice)) == [("/addons/1/addon", "repeated")]
    assert faults(program, wish(addons=take(addons.massage, 0))) == [
        ("/addons/0/quantity", "out_of_bounds")
    ]
    held = program.call("POST", "/holds", {**HOLD, "addons": take(addons.bandage)})
    assert held.get_json()["errors"][0]["pointer"] == "/addons/0/addon"


HOLD = {"calendar": "kinetoterapie", "starts_at": NINE}


def test_a_hold_for_what_is_offered_no_more_is_not_booked_as_less(
    program: Program, addons: Ids, session: Session, scene: Scene, cast: Cast
) -> None:
    held = program.call("POST", "/holds", {**HOLD, "addons": take(addons.massage)}).get_json()
    with scoped(session, Scope(org_id=scene.org_id)):
        archive_addon(session, staff_actor(cast.olga), uuid.UUID(addons.massage), now=NOW)
        session.commit()
    late = program.call("POST", f"/holds/{held['token']}/extension")
    assert (late.status_code, late.get_json()["code"]) == (409, "addon_unknown")
    assert faults(program, wish(hold=held["token"])) == [("/hold", "addon_unknown")]
