"""What patients are told of the terms: before they book, and before they cancel or move (APT-03, BOK-03)."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.appointments.models import Appointment, VisitCharge
from app.catalog.models import Service
from app.catalog.terms import Fee, Terms, stored
from app.kernel.tenancy.scope import Scope, scoped
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient
from tests.support.clock import FrozenClock
from tests.web.booking.walking import TIMES, book, hold, starts, text_of

pytestmark = pytest.mark.proves("APT-03", "BOK-03", "CAT-01")
DAY = "2027-03-10"
START = dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
LENIENT = Terms(late=Fee(percent=50), no_show=Fee(percent=100), late_online=True)


def at_two(guest: BrowserClient) -> str:
    start = str(int(START.timestamp()) // 60)
    assert start in starts(guest.get(f"{TIMES}?day={DAY}"))
    return start


def set_terms(session: Session, scene: Scene, terms: Terms) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(update(Service).values(terms=stored(terms)))


@pytest.fixture
def visit(session: Session, guest: BrowserClient, scene: Scene) -> str:
    """The address of Ana's visit, Wednesday 10 March at 14:00, that may be cancelled late for half its price."""
    set_terms(session, scene, LENIENT)
    return book(guest, at_two(guest))


def standing(session: Session, scene: Scene) -> tuple[str, list[int]]:
    with scoped(session, Scope(org_id=scene.org_id)):
        row = session.scalars(select(Appointment)).one()
        session.refresh(row)
        return row.state, list(session.scalars(select(VisitCharge.amount_minor)))


def sent(version: int = 0, due: int = 9000) -> dict[str, str]:
    return {"version": str(version), "due": str(due)}


def test_the_terms_stand_before_the_booking_with_the_exact_moment(
    session: Session, guest: BrowserClient, scene: Scene
) -> None:
    set_terms(session, scene, LENIENT)
    words = text_of(guest.get(hold(guest, at_two(guest))))
    assert "Cancelling or moving is free until 9 Mar 2027, 14:00." in words
    assert "Later it costs RON 90.00." in words
    assert "Who does not come owes RON 180.00." in words
    assert "If we have to cancel, you owe nothing." in words


def test_what_is_due_is_said_before_cancelling_late(
    session: Session, guest: BrowserClient, visit: str, scene: Scene, clock: FrozenClock
) -> None:
    assert "It costs you nothing." in text_of(guest.get(f"{visit}/cancel"))
    clock.set(START - HOUR)
    assert "until it begins" in text_of(guest.get(visit))
    assert "It is late: RON 90.00 is due." in text_of(guest.get(f"{visit}/cancel"))
    assert guest.post(f"{visit}/cancel", data=sent()).status_code == 303
    assert standing(session, scene) == ("cancelled", [9000])
    again = guest.post(f"{visit}/cancel", data=sent(1))
    assert again.status_code == 409
    assert standing(session, scene) == ("cancelled", [9000])


def test_a_page_that_was_opened_in_time_does_not_cost_by_surprise(
    session: Session, guest: BrowserClient, visit: str, scene: Scene, clock: FrozenClock
) -> None:
    guest.get(f"{visit}/cancel")
    clock.set(START - HOUR)
    answer = guest.post(f"{visit}/cancel", data=sent(due=0))
    assert answer.status_code == 409
    assert "It is late: RON 90.00 is due." in text_of(answer)
    assert standing(session, scene) == ("booked", [])


def test_a_late_move_says_what_is_due_and_leaves_it(
    session: Session, guest: BrowserClient, visit: str, scene: Scene, clock: FrozenClock
) -> None:
    clock.set(START - HOUR)
    target = str(int((START + 48 * HOUR).timestamp()) // 60)
    page = guest.get(f"{visit}/move?start={target}")
    assert "It is late: RON 90.00 is due." in text_of(page)
    form = {"start": target, "specialist": page.text.split('name="specialist" value="')[1]}
    form["specialist"] = form["specialist"].split('"')[0]
    assert guest.post(f"{visit}/move", data={**form, **sent(due=0)}).status_code == 409
    assert guest.post(f"{visit}/move", data={**form, **sent()}).status_code == 303
    assert standing(session, scene) == ("booked", [9000])


def test_where_the_clinic_wants_a_call_the_page_says_so(
    session: Session, guest: BrowserClient, scene: Scene, clock: FrozenClock
) -> None:
    set_terms(session, scene, Terms(late=Fee(percent=50)))
    visit = book(guest, at_two(guest))
    clock.set(START - HOUR)
    assert "Please call us" in text_of(guest.get(visit))
    assert "cannot be changed here" in text_of(guest.get(f"{visit}/cancel"))
    assert guest.post(f"{visit}/cancel", data=sent()).status_code == 409
    assert standing(session, scene) == ("booked", [])
