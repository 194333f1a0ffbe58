"""Calling to the room, and the waiting-room screen that shows it (APT-04)."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable

import pytest
from redis import Redis
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.appointments.actions.moving import NewTime, move
from app.appointments.models import Appointment, WallScreen
from app.forms.models import FormInstance
from app.kernel.tenancy.scope import Scope, scoped
from app.lib.ids import uuid7
from app.scheduling.models import Room
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import Booked, book_for
from tests.factories.forms import Desk
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock
from tests.support.queries import CountQueries

pytestmark = pytest.mark.proves("APT-04")
CONSOLE = "/movimento/console"


@pytest.fixture
def visit(session: Session, redis: Redis, scene: Scene, cast: Cast) -> Booked:
    return book_for(session, redis, scene, cast, note="Hernie de disc")


def add_room(session: Session, cast: Cast, name: str) -> str:
    """A room at the clinic's first location."""
    with scoped(session, Scope(org_id=cast.clinic.id)):
        room_id = uuid7()
        session.execute(
            insert(Room).values(
                org_id=cast.clinic.id,
                id=room_id,
                location_id=cast.clinic.location_id,
                kind="room",
                name=name,
            )
        )
        session.commit()
    return str(room_id)


@pytest.fixture
def room_id(session: Session, cast: Cast) -> str:
    return add_room(session, cast, "Cabinet 2")


@pytest.fixture
def screen_id(session: Session, scene: Scene) -> Callable[[], str]:
    def newest() -> str:
        with scoped(session, Scope(org_id=scene.org_id)):
            return str(session.scalars(select(WallScreen.id)).one())

    return newest


def screen_for(owner: BrowserClient, **form: str) -> str:
    """The address of a new screen."""
    made = owner.post(
        f"{CONSOLE}/screens",
        data={"name": "Hol", "location": "", "languages": "both", "shows": "initials", **form},
    )
    found = re.search(r'value="(http[^"]+/screen/[^"]+)"', made.text)
    assert found, made.text
    return re.sub(r"^https?://[^/]+", "", html.unescape(found[1]))


def test_a_called_patient_stands_on_the_screen_with_initials_only(
    visit: Booked,
    room_id: str,
    cast: Cast,
    signed_in: SignIn,
    client: BrowserClient,
    count_queries: CountQueries,
) -> None:
    ramona, screen = signed_in(cast.ramona), screen_for(signed_in(cast.olga))
    assert "Nobody is waiting" in client.get(screen).text
    call = f"{CONSOLE}/visits/{visit.id}/call"
    assert ramona.post(call, data={"version": "0"}).status_code == 409
    ramona.post(f"{CONSOLE}/visits/{visit.id}/check-in", data={"version": "0"})
    waiting = client.get(screen).text
    assert "data-called" not in waiting
    assert "<b>P" in waiting
    panel = ramona.get(f"{CONSOLE}/visits/{visit.id}").text
    assert "Cabinet 2" in panel
    assert ramona.post(call, data={"version": "1", "room": room_id}).status_code == 303
    with count_queries() as asked:
        shown = client.get(screen).text
    assert asked.count <= 6
    assert "Cabinet 2" in shown
    assert "data-called" in shown
    for secret in ("Petra", "Kineto", "Physio", "Hernie", visit.reference, "0722"):
        assert secret not in shown
    assert "Called 10:00 · Cabinet 2" in ramona.get(f"{CONSOLE}/visits/{visit.id}").text
    back = ramona.post(f"{CONSOLE}/visits/{visit.id}/undo-call", data={"version": "2"})
    assert back.status_code == 303
    assert "data-called" not in client.get(screen).text


def test_a_screen_needs_no_cookie_and_lasts_until_it_is_ended(
    session: Session, scene: Scene, cast: Cast, signed_in: SignIn, client: BrowserClient
) -> None:
    olga = signed_in(cast.olga)
    screen = screen_for(olga)
    answer = client.get(screen)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert screen.rpartition("/")[2] not in olga.get(f"{CONSOLE}/screens").text
    other = screen.replace("/movimento/", "/kineto-luca/")
    assert client.get(other).status_code == 404
    with scoped(session, Scope(org_id=scene.org_id)):
        screen_id = session.scalars(select(WallScreen.id)).one()
    assert olga.post(f"{CONSOLE}/screens/{screen_id}/end").status_code == 303
    assert client.get(screen).status_code == 404
    assert client.get(f"{screen}/live").status_code == 404
    assert olga.post(f"{CONSOLE}/screens", data={"name": " "}).status_code == 422


def test_who_waits_too_long_is_shown_late_in_both_languages(
    visit: Booked, cast: Cast, signed_in: SignIn, client: BrowserClient, clock: FrozenClock
) -> None:
    ramona, screen = signed_in(cast.ramona), screen_for(signed_in(cast.olga))
    ramona.post(f"{CONSOLE}/visits/{visit.id}/check-in", data={"version": "0"})
    clock.advance(hours=2, minutes=17)  # 12:17; the visit was to begin at 12:00.
    shown = client.get(screen).text
    assert "Running 15 minutes late" in shown
    assert 'lang="ro"' in shown
    assert 'lang="en"' in shown


def test_the_day_offers_the_call_to_who_may(
    visit: Booked, session: Session, cast: Cast, signed_in: SignIn
) -> None:
    ramona = signed_in(cast.ramona)
    ramona.post(f"{CONSOLE}/visits/{visit.id}/check-in", data={"version": "0"})
    day = ramona.get(f"{CONSOLE}/").text
    assert f"{CONSOLE}/visits/{visit.id}/call" in day
    called = ramona.post(f"{CONSOLE}/visits/{visit.id}/call", data={"version": "1"})
    assert called.status_code == 303
    with scoped(session, Scope(org_id=visit.org_id)):
        assert session.scalars(select(Appointment.called_at)).one() is not None


def test_walk_in_starts_now_and_is_checked_in(
    scene: Scene, cast: Cast, signed_in: SignIn, session: Session, clock: FrozenClock
) -> None:
    ramona = signed_in(cast.ramona)
    page = ramona.get(f"{CONSOLE}/visits/new?walk_in=1").text
    assert 'value="10:00"' in page
    booked = ramona.post(
        f"{CONSOLE}/visits/new",
        data={
            "do": "book",
            "book-patient": str(cast.petra.patient_id),
            "book-calendar": str(scene.calendar_id),
            "book-specialist": "",
            "book-q": "",
            "book-day": "2027-03-03",
            "book-time": "10:00",
            "book-channel": "walk_in",
        },
    )
    assert booked.status_code == 303, booked.text
    with scoped(session, Scope(org_id=scene.org_id)):
        row = session.execute(select(Appointment.channel, Appointment.checked_in_at)).one()
    assert row.channel == "walk_in"
    assert row.checked_in_at is not None


def test_where_several_rooms_would_do_one_is_chosen_and_then_remembered(
    visit: Booked, room_id: str, session: Session, cast: Cast, signed_in: SignIn
) -> None:
    add_room(session, cast, "Cabinet 3")
    ramona = signed_in(cast.ramona)
    one = f"{CONSOLE}/visits/{visit.id}"
    ramona.post(f"{one}/check-in", data={"version": "0"})
    asked = ramona.post(f"{one}/call", data={"version": "1"}, headers={"HX-Request": "true"})
    assert asked.status_code == 409
    assert asked.headers["HX-Retarget"] == "#panel"
    assert "Which room?" in asked.text
    assert ramona.post(f"{one}/call", data={"version": "1", "room": room_id}).status_code == 303
    panel = ramona.get(one).text
    assert "Call again" in panel
    assert f'value="{room_id}" selected' in panel
    assert ramona.post(f"{one}/call", data={"version": "2"}).status_code == 303
    assert ramona.post(f"{one}/undo-check-in", data={"version": "3"}).status_code == 303
    with scoped(session, Scope(org_id=visit.org_id)):
        row = session.execute(select(Appointment.called_at, Appointment.called_room_id)).one()
    assert tuple(row) == (None, None)


def test_a_room_of_another_place_is_refused(visit: Booked, cast: Cast, signed_in: SignIn) -> None:
    ramona = signed_in(cast.ramona)
    ramona.post(f"{CONSOLE}/visits/{visit.id}/check-in", data={"version": "0"})
    call = f"{CONSOLE}/visits/{visit.id}/call"
    assert ramona.post(call, data={"version": "1", "room": str(uuid7())}).status_code == 404


@pytest.mark.proves("SIG-01")
def test_who_checks_in_with_a_form_to_sign_is_shown_with_it(
    visit: Booked, desk: Desk, cast: Cast, signed_in: SignIn
) -> None:
    with scoped(desk.session, Scope(org_id=visit.org_id)):
        form: FormInstance = desk.open(person=cast.petra)
        form_id = form.id
        desk.session.commit()
    ramona = signed_in(cast.ramona)
    answer = ramona.post(
        f"{CONSOLE}/visits/{visit.id}/check-in",
        data={"version": "0"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    assert answer.headers["HX-Retarget"] == "#panel"
    assert f"{CONSOLE}/forms/{form_id}/tablet" in answer.text


def test_a_screen_with_codes_names_nobody_and_reception_tells_the_code(
    visit: Booked, cast: Cast, signed_in: SignIn, client: BrowserClient
) -> None:
    ramona, screen = signed_in(cast.ramona), screen_for(signed_in(cast.olga), shows="code")
    code = visit.reference.partition("-")[2]
    done = ramona.post(
        f"{CONSOLE}/visits/{visit.id}/check-in",
        data={"version": "0"},
        headers={"HX-Request": "true"},
    )
    assert f"On the screen: {code}." in done.text
    assert f"<b>{code}</b>" in client.get(screen).text


def test_a_screen_is_changed_looked_at_and_given_a_new_address(
    screen_id: Callable[[], str], cast: Cast, signed_in: SignIn, client: BrowserClient
) -> None:
    olga = signed_in(cast.olga)
    old = screen_for(olga)
    one = f"{CONSOLE}/screens/{screen_id()}"
    assert 'data-theme="light"' in client.get(old).text
    changed = {"name": "Hol", "location": "", "languages": "en", "shows": "code", "dark": "y"}
    assert olga.post(one, data=changed).status_code == 303
    shown = client.get(old).text
    assert 'data-theme="dark"' in shown
    assert 'lang="ro"' not in shown
    assert olga.post(one, data={**changed, "name": ""}).status_code == 422
    assert 'data-theme="dark"' in olga.get(f"{one}/preview").text
    assert "On now" in olga.get(f"{CONSOLE}/screens").text
    renewed = olga.post(f"{one}/renew")
    fresh = re.search(r'value="https?://[^/]+(/[^"]+/screen/[^"]+)"', renewed.text)
    assert fresh
    assert client.get(old).status_code == 404
    assert client.get(html.unescape(fresh[1])).status_code == 200
    assert olga.post(f"{one}/end").status_code == 303
    assert olga.get(one).status_code == 404
    ramona = signed_in(cast.ramona)
    assert ramona.get(f"{CONSOLE}/screens").status_code == 403


@pytest.mark.proves("APT-03")
def test_who_is_moved_to_another_day_has_not_arrived_there(
    visit: Booked, session: Session, redis: Redis, cast: Cast, signed_in: SignIn
) -> None:
    signed_in(cast.ramona).post(f"{CONSOLE}/visits/{visit.id}/check-in", data={"version": "0"})
    reception = staff_actor(cast.ramona)
    with scoped(session, Scope(org_id=visit.org_id)):
        later = NewTime(visit.starts_at + dt.timedelta(hours=2))
        moved = move(session, redis, reception, visit.id, later, now=NOW)
        assert moved.checked_in_at is not None
        next_week = NewTime(visit.starts_at + dt.timedelta(days=7))
        moved = move(session, redis, reception, visit.id, next_week, now=NOW)
        assert moved.checked_in_at is None
