"""Who is coming, and the booking: nothing typed is lost, one visit however often sent, the loser chooses again."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.catalog.models import Service
from app.consents.models import Consent
from app.kernel import redis as patience
from app.kernel.tenancy.models import Organization
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, scoped
from app.people.models import Patient
from tests.factories.cast import Cast
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, new_client
from tests.support.clock import FrozenClock
from tests.support.queries import MOST, CountQueries
from tests.web.booking.walking import GUEST, TIMES, book, hold, starts, text_of

KILOBYTE = 1024
CHOICE = re.compile(r'name="start" value="(\d+)"')


def visits(session: Session, scene: Scene) -> list[Appointment]:
    with scoped(session, Scope(org_id=scene.org_id)):
        rows = session.scalars(select(Appointment).order_by(Appointment.created_at, Appointment.id))
        return list(rows)


@pytest.fixture
def rival(app: Flask, session: Session) -> BrowserClient:
    """Another guest, with a browser of their own."""
    made = new_client(app, session)
    made.set_cookie("lang", "en")
    return made


@pytest.mark.proves("BOK-01", "SCH-04")
def test_the_form_shows_what_is_kept(
    guest: BrowserClient, scene: Scene, count_queries: CountQueries
) -> None:
    url = hold(guest)
    with count_queries() as asked:
        page = guest.get(url)
    words = text_of(page)
    assert "Wednesday, 3 March 2027, 12:00" in words
    assert "45 minutes · Ștefan Marin · Centru" in words
    assert "Kept for you until 10:08" in words
    assert 'data-now="2027-03-03T08:00:00+00:00"' in page.text
    assert "Text me about my visits." in words
    assert "What happens with your details" in words
    assert asked.count <= MOST, asked.statements
    assert len(page.data) <= 15 * KILOBYTE


@pytest.mark.proves("BOK-01", "CNS-02")
def test_a_guest_books(guest: BrowserClient, scene: Scene, session: Session, cast: Cast) -> None:
    visit_url = book(guest)
    (visit,) = visits(session, scene)
    assert (visit.starts_at, visit.state, visit.channel) == (scene.first_free, "booked", "online")
    assert visit.assignment_reason == "only_one_free"
    with scoped(session, Scope(org_id=scene.org_id)):
        card = session.get_one(Patient, (scene.org_id, visit.patient_id))
        assert (card.name, card.phone, card.locale) == ("Ana Pop", "+40722123456", "en")
        assert session.scalar(select(func.count()).select_from(Consent)) == 1
    assert guest.get(visit_url).status_code == 200


WRONG = [
    ("name", "", "Please fill this in."),
    ("name", "x" * 300, "At most 200 characters."),
    ("email", "ana@", "This is not an e-mail address."),
    ("phone", "072", "too short"),
    ("phone", "+49 151 23456789", "not from the chosen country"),
    ("phone", "021 310 0200", "not a mobile number"),
    ("phone", "call me", "This is not a phone number"),
    ("country", "XX", "Not a valid choice"),
    ("note", "x" * 2001, "At most 2000 characters."),
    ("texts", "", "Without this we cannot tell you of changes"),
]


@pytest.mark.proves("BOK-01")
def test_what_is_wrong_is_told_beside_it_and_nothing_is_lost(
    guest: BrowserClient, scene: Scene, session: Session
) -> None:
    url = hold(guest)
    for field, value, sentence in WRONG:
        typed = {name: text for name, text in {**GUEST, field: value}.items() if text}
        page = guest.post(url, data=typed)
        assert page.status_code == 422, field
        assert sentence in text_of(page), text_of(page)
        assert f'id="{field}-error"' in page.text
        kept = {"name", "email", "phone"} - {field}
        assert all(f'value="{GUEST[name]}"' in page.text for name in kept), field
        assert GUEST["note"] in page.text or field == "note"
    assert visits(session, scene) == []
    assert guest.post(url, data=GUEST).status_code == 303


def test_all_that_is_wrong_is_told_at_once(guest: BrowserClient, scene: Scene) -> None:
    page = guest.post(hold(guest), data={"country": "RO"})
    assert page.status_code == 422
    assert "4 things need another look" in text_of(page)
    assert text_of(page).count("Please fill this in.") == 6  # In the summary and beside each field.
    assert len(page.data) <= 15 * KILOBYTE


def test_consent_to_texts_is_the_clinics_to_settle(
    guest: BrowserClient, scene: Scene, session: Session
) -> None:
    with scoped(session, Scope(role=PLATFORM_ROLE)):
        session.execute(
            update(Organization)
            .where(Organization.id == scene.org_id)
            .values(settings={"booking_texts_required": False})
        )
    url = hold(guest)
    assert "Needed to book online" not in text_of(guest.get(url))
    typed = {name: value for name, value in GUEST.items() if name != "texts"}
    assert guest.post(url, data=typed).status_code == 303
    with scoped(session, Scope(org_id=scene.org_id)):
        assert session.scalar(select(func.count()).select_from(Consent)) == 0


def test_ten_megabytes_of_name_are_refused_at_the_door(
    guest: BrowserClient, scene: Scene, session: Session
) -> None:
    url = hold(guest)
    refused = guest.post(url, data={**GUEST, "name": "x" * 10_000_000})
    assert refused.status_code == 413
    assert visits(session, scene) == []
    assert guest.post(url, data=GUEST).status_code == 303


@pytest.mark.proves("SEC-01")
def test_markup_in_what_guests_type_stays_words(guest: BrowserClient, scene: Scene) -> None:
    evil = '<script>alert("x")</script><img src=x onerror=alert(1)>'
    page = guest.post(hold(guest), data={**GUEST, "name": evil, "note": evil, "phone": "1"})
    assert page.status_code == 422
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text
    visit = guest.get(book(guest, name=evil, note=evil))
    assert "<img src=x" not in visit.text


@pytest.mark.proves("BOK-01", "KRN-11")
def test_a_second_click_meets_the_same_visit(
    guest: BrowserClient, scene: Scene, session: Session
) -> None:
    url = hold(guest)
    first = guest.post(url, data=GUEST)
    second = guest.post(url, data={**GUEST, "name": "Ana Maria Pop"})
    assert first.headers["Location"] == second.headers["Location"]
    assert len(visits(session, scene)) == 1
    back = guest.get(url)
    assert back.status_code == 303
    assert back.headers["Location"] == first.headers["Location"]
    assert "You have booked this time already" in text_of(guest.get(first.headers["Location"]))


def test_two_tabs_of_one_browser_book_two_visits(
    guest: BrowserClient, scene: Scene, session: Session
) -> None:
    every = starts(guest.get(f"{TIMES}?day=2027-03-04"))
    one, two = hold(guest, every[3]), hold(guest, every[-1])
    assert guest.post(two, data=GUEST).status_code == 303
    assert guest.post(one, data=GUEST).status_code == 303
    assert len(visits(session, scene)) == 2


@pytest.mark.proves("SCH-05", "BYD-01")
def test_who_loses_the_race_chooses_again_in_one_tap(
    guest: BrowserClient, scene: Scene, session: Session, clock: FrozenClock, rival: BrowserClient
) -> None:
    day = f"{TIMES}?day=2027-03-04"
    wanted = starts(guest.get(day))[-1]
    url = hold(guest, wanted)
    clock.advance(minutes=9)
    book(rival, wanted, email="dan@example.com")
    lost = guest.post(url, data=GUEST)
    assert lost.status_code == 410  # The hold had ended.
    assert "was taken a moment ago" in text_of(lost)
    assert f'value="{GUEST["name"]}"' in lost.text
    assert GUEST["note"] in lost.text
    near = CHOICE.findall(lost.text)
    assert len(near) == 3
    assert all(abs(int(one) - int(wanted)) <= 240 for one in near)
    again = guest.post(url, data={**GUEST, "start": near[0]})
    assert again.status_code == 303
    booked = {int(one.starts_at.timestamp()) // 60 for one in visits(session, scene)}
    assert booked == {int(wanted), int(near[0])}
    # The same tap twice meets the same visit.
    twice = guest.post(url, data={**GUEST, "start": near[0]})
    assert twice.headers["Location"] == again.headers["Location"]


@pytest.mark.proves("SCH-04")
def test_a_hold_that_ended_is_no_obstacle_while_the_time_is_free(
    guest: BrowserClient, scene: Scene, session: Session, clock: FrozenClock
) -> None:
    url = hold(guest, starts(guest.get(f"{TIMES}?day=2027-03-04"))[-1])
    clock.advance(minutes=9)
    assert "no longer kept" in text_of(guest.get(url))
    assert guest.post(url, data=GUEST).status_code == 303
    assert len(visits(session, scene)) == 1


@pytest.mark.proves("SCH-05")
def test_without_redis_the_database_decides(
    guest: BrowserClient,
    scene: Scene,
    app: Flask,
    session: Session,
    rival: BrowserClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "_courtesy", patience.Courtesy())
    gone = patience.connect("redis://127.0.0.1:1/0")
    monkeypatch.setitem(app.extensions, "redis", gone)
    wanted = starts(guest.get(TIMES))[0]
    mine, theirs = hold(guest, wanted), hold(rival, wanted)
    assert rival.post(theirs, data={**GUEST, "email": "dan@example.com"}).status_code == 303
    assert guest.post(mine, data=GUEST).status_code == 409
    assert len(visits(session, scene)) == 1


def test_the_time_passes_while_the_form_is_open(
    guest: BrowserClient, scene: Scene, session: Session, clock: FrozenClock
) -> None:
    url = hold(guest)
    clock.advance(hours=3)
    late = guest.post(url, data=GUEST)
    assert late.status_code == 410
    assert len(CHOICE.findall(late.text)) == 3
    assert visits(session, scene) == []


@pytest.mark.proves("KRN-01", "SEC-01")
def test_forged_and_foreign_tickets(
    guest: BrowserClient, scene: Scene, cast: Cast, session: Session, clock: FrozenClock
) -> None:
    url = hold(guest)
    assert guest.get(url[:-3] + "abc").status_code == 404
    assert guest.get(url.replace("/movimento/", "/altius/")).status_code == 404
    assert guest.post(url.replace("/movimento/", "/altius/"), data=GUEST).status_code == 404
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(update(Service).values(archived_at=clock.now()))
    assert guest.post(url, data=GUEST).status_code == 404
    clock.advance(days=2)
    assert guest.get(url).status_code == 410


def test_the_browsers_name_is_no_ones_to_read_or_write(guest: BrowserClient, scene: Scene) -> None:
    guest.set_cookie("browser", "short|*|evil")
    response = guest.post(TIMES, data={"start": starts(guest.get(TIMES))[0]})
    cookie = next(c for c in response.headers.getlist("Set-Cookie") if c.startswith("browser="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "|" not in cookie


def test_the_visit_keeps_the_readers_zone(
    guest: BrowserClient, scene: Scene, session: Session
) -> None:
    guest.set_cookie("zone", "Europe/Lisbon")
    page = guest.get(hold(guest))
    assert "in Bucharest; 10:00 in Lisbon" in text_of(page)
    book(guest)
    (visit,) = visits(session, scene)
    assert visit.time_zone == "Europe/Lisbon"
    assert visit.starts_at == scene.first_free == dt.datetime(2027, 3, 3, 10, tzinfo=dt.UTC)
