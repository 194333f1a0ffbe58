"""Locations of a clinic with their rooms and devices."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.tenancy.models import Location
from app.kernel.tenancy.scope import Scope, enter
from app.lib.ids import uuid7
from app.scheduling.actions import Taken, occupy, resource_of_room
from app.scheduling.models import Resource, Room
from tests.factories.cast import Cast
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.web.console.test_hours import english

pytestmark = pytest.mark.proves("SCH-07")
LIST = "/movimento/console/rooms"
PLACE = {
    "name": "Nord",
    "address": "Str. Lungă 3",
    "city": "Cluj",
    "phone": "0264 123 456",
    "time_zone": "Europe/Bucharest",
}


@pytest.fixture
def olga(signed_in: SignIn, cast: Cast) -> BrowserClient:
    return english(signed_in(cast.olga))


def here(session: Session, cast: Cast) -> None:
    enter(session, Scope(org_id=cast.clinic.id))
    session.expire_all()


def room(olga: BrowserClient, session: Session, cast: Cast) -> uuid.UUID:
    sent = {"name": "Sala 1", "kind": "room"}
    answer = olga.post(f"{LIST}/locations/{cast.clinic.location_id}/rooms/new", data=sent)
    assert answer.status_code == 303
    here(session, cast)
    return session.scalars(select(Room.id)).one()


def test_a_location_is_made_and_changed(olga: BrowserClient, session: Session, cast: Cast) -> None:
    assert olga.post(f"{LIST}/locations/new", data=PLACE).status_code == 303
    here(session, cast)
    made = session.scalars(select(Location.id).where(Location.name == "Nord")).one()
    address = f"{LIST}/locations/{made}"
    mark = olga.get(address).text.split('name="seen" type="hidden" value="')[1].split('"')[0]
    sent = {**PLACE, "city": "Turda", "seen": mark}
    assert olga.post(address, data=sent).status_code == 303
    assert "Str. Lungă 3, Turda" in olga.get(LIST).text
    here(session, cast)
    assert session.get_one(Location, (cast.clinic.id, made)).phone == "+40264123456"
    assert "+40 264 123 456" in olga.get("/movimento/").text
    late = olga.post(address, data={**sent, "city": "Dej"})
    assert late.status_code == 409
    assert 'value="Dej"' in late.text


@pytest.mark.parametrize(
    "change",
    [
        {"name": " "},
        {"phone": "abc"},
        {"phone": "0264 123"},
        {"time_zone": "Mars/Base"},
        {"name": "x" * 81},
        {"city": "x" * 81},
    ],
)
def test_a_location_that_cannot_be(olga: BrowserClient, change: dict[str, str]) -> None:
    answer = olga.post(f"{LIST}/locations/new", data={**PLACE, **change})
    assert answer.status_code == 422
    assert "Str. Lungă 3" in answer.text


def test_a_location_closes_when_nobody_works_there_and_another_is_open(
    olga: BrowserClient, session: Session, cast: Cast
) -> None:
    usual = f"{LIST}/locations/{cast.clinic.location_id}"
    refused = olga.post(f"{usual}/close")
    assert refused.status_code == 409
    assert "Specialists work at this location." in refused.text
    olga.post(f"{LIST}/locations/new", data=PLACE)
    here(session, cast)
    made = session.scalars(select(Location.id).where(Location.name == "Nord")).one()
    address = f"{LIST}/locations/{made}"
    assert olga.post(f"{address}/close").status_code == 303
    assert olga.post(f"{address}/close").status_code == 409
    assert olga.get(f"{address}/rooms/new").status_code == 200
    refused = olga.post(f"{address}/rooms/new", data={"name": "Sala", "kind": "room"})
    assert refused.status_code == 404
    assert olga.post(f"{address}/reopen").status_code == 303
    here(session, cast)
    assert session.get_one(Location, (cast.clinic.id, made)).closed_at is None


def test_a_room_comes_with_bookable_time(olga: BrowserClient, session: Session, cast: Cast) -> None:
    room_id = room(olga, session, cast)
    assert session.scalar(select(func.count()).where(Resource.room_id == room_id)) == 1
    address = f"{LIST}/{room_id}"
    assert olga.post(address, data={"name": "Laser", "kind": "device"}).status_code == 303
    assert "Laser" in olga.get(LIST).text
    assert olga.post(address, data={"name": "", "kind": "room"}).status_code == 422
    assert olga.post(address, data={"name": "Laser", "kind": "garden"}).status_code == 422


def test_a_room_stays_in_use_while_visits_have_it(
    olga: BrowserClient, session: Session, cast: Cast
) -> None:
    room_id = room(olga, session, cast)
    found = resource_of_room(session, cast.clinic.id, room_id)
    assert found is not None
    start = NOW + dt.timedelta(days=1)
    taken = Taken(start, start + dt.timedelta(hours=1))
    occupy(session, cast.clinic.id, *found, taken, kind="appointment", reference_id=uuid7())
    session.commit()
    refused = olga.post(f"{LIST}/{room_id}/archive")
    assert refused.status_code == 409
    assert "Visits to come have this room." in refused.text


def test_a_room_goes_out_of_use_and_comes_back(
    olga: BrowserClient, session: Session, cast: Cast
) -> None:
    room_id = room(olga, session, cast)
    assert olga.post(f"{LIST}/{room_id}/archive").status_code == 303
    assert "Out of use" in olga.get(LIST).text
    assert olga.post(f"{LIST}/{room_id}/archive").status_code == 409
    assert olga.post(f"{LIST}/{room_id}/restore").status_code == 303
    here(session, cast)
    assert session.get_one(Room, (cast.clinic.id, room_id)).archived_at is None


def test_no_two_in_use_at_a_place_have_one_name(
    olga: BrowserClient, session: Session, cast: Cast
) -> None:
    first = room(olga, session, cast)
    new = f"{LIST}/locations/{cast.clinic.location_id}/rooms/new"
    refused = olga.post(new, data={"name": " sala 1", "kind": "device"})
    assert refused.status_code == 422
    assert "room or device of this name" in refused.text
    assert olga.post(f"{LIST}/{first}/archive").status_code == 303
    assert olga.post(new, data={"name": "SALA 1", "kind": "room"}).status_code == 303
    back = olga.post(f"{LIST}/{first}/restore")
    assert back.status_code == 409
    assert "has this name by now" in back.text
    here(session, cast)
    second = session.scalars(select(Room.id).where(Room.archived_at.is_(None))).one()
    same = olga.post(f"{LIST}/{second}", data={"name": "Sala 1", "kind": "room"})
    assert same.status_code == 303, "its own name, written otherwise"
    assert olga.post(f"{LIST}/{second}", data={"name": "Sala 2", "kind": "room"}).status_code == 303
    assert olga.post(f"{LIST}/{first}/restore").status_code == 303
    other = {"name": "Sala 2", "kind": "room"}
    assert olga.post(f"{LIST}/{first}", data=other).status_code == 422


def test_who_may_not(client: BrowserClient, signed_in: SignIn, cast: Cast) -> None:
    place = f"{LIST}/locations/{cast.clinic.location_id}"
    for address in (LIST, f"{LIST}/locations/new", place, f"{place}/rooms/new"):
        assert client.get(address).status_code == 303
        assert signed_in(cast.bogdan).get(address).status_code == 404
        assert signed_in(cast.ramona).get(address).status_code == 403
    olga = signed_in(cast.olga)
    theirs = f"{LIST}/locations/{cast.other_clinic.location_id}"
    assert olga.get(theirs).status_code == 404
    assert olga.post(f"{theirs}/close").status_code == 404
    assert olga.post(f"{LIST}/{uuid7()}/archive").status_code == 404
