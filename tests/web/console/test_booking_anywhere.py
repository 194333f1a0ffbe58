"""Booking from any page of the console: the button, walk-ins, times that suit the patient (BOK-04, BYD-05)."""

from __future__ import annotations

import datetime as dt

import pytest
from redis import Redis
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.kernel.tenancy.scope import Scope, scoped
from tests.factories.cast import Cast
from tests.factories.desk import Booked, asked_for, book_for
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock
from tests.support.queries import MOST, CountQueries

pytestmark = pytest.mark.proves("BOK-04")
CONSOLE = "/movimento/console"
NEW = f"{CONSOLE}/visits/new"


@pytest.fixture
def desk(signed_in: SignIn, cast: Cast, scene: Scene) -> BrowserClient:
    return signed_in(cast.ramona)


def last_week(session: Session, visit: Booked) -> None:
    """The visit was a week earlier, and over."""
    with scoped(session, Scope(org_id=visit.org_id)):
        week = dt.timedelta(days=7)
        session.execute(
            update(Appointment).values(
                starts_at=visit.starts_at - week, ends_at=visit.ends_at - week, state="done"
            )
        )
        session.commit()


@pytest.mark.proves("BYD-05")
def test_every_page_opens_the_panel(desk: BrowserClient, cast: Cast) -> None:
    for path in ("patients", "forms", "search?q=a", f"patients/{cast.petra.patient_id}"):
        text = desk.get(f"{CONSOLE}/{path}").text
        assert 'data-key="b"' in text, path
        assert "Book a visit, from any page" in text, path
    assert f"{NEW}?patient={cast.petra.patient_id}" in text
    assert 'data-key="b"' not in desk.get(NEW).text, "it is open already"


def test_a_known_patient_sees_what_suits_them(
    desk: BrowserClient,
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    count_queries: CountQueries,
) -> None:
    visit = book_for(session, redis, scene, cast)
    last_week(session, visit)
    with count_queries() as asked:
        text = desk.fragment(f"{NEW}?patient={cast.petra.patient_id}").get_data(as_text=True)
    assert len(asked_for(asked)) <= MOST
    assert "Suits the patient" in text
    assert "usual specialist" in text
    nothing_known = desk.fragment(NEW).get_data(as_text=True)
    assert "Suits the patient" not in nothing_known


def test_who_walks_in_and_cannot_be_seen_at_once_hears_why_and_when(
    desk: BrowserClient, scene: Scene, clock: FrozenClock
) -> None:
    at_once = desk.fragment(f"{NEW}?walk_in=1").get_data(as_text=True)
    assert "Walk-in" in at_once
    assert 'value="10:00"' in at_once
    assert "Not free at once" not in at_once
    clock.advance(minutes=20)  # Visits start at set times; 10:20 is none.
    later = desk.fragment(f"{NEW}?walk_in=1").get_data(as_text=True)
    assert "Not free at once" in later
    assert "start at set times" in later
    assert 'value="10:20"' not in later


def test_who_walks_in_when_the_day_is_over_hears_of_the_next_one(
    scene: Scene, cast: Cast, clock: FrozenClock, signed_in: SignIn
) -> None:
    clock.advance(hours=10)
    evening = signed_in(cast.ramona).fragment(f"{NEW}?walk_in=1").get_data(as_text=True)
    assert "Nothing is free today" in evening
