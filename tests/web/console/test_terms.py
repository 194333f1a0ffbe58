"""Cancellation terms at the clinic: set on a service and a calendar, asked at the desk, due on the visit, let off."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from redis import Redis
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.appointments.models import VisitCharge
from app.catalog.models import Service
from app.catalog.terms import Fee, Terms, stored
from app.kernel.tenancy.scope import Scope, scoped
from app.scheduling.models import Calendar
from tests.factories.cast import Cast
from tests.factories.desk import Booked, asked_for, book_for, english, reload
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock
from tests.support.queries import MOST, CountQueries

pytestmark = pytest.mark.proves("APT-03", "CAT-01")
CONSOLE = "/movimento/console"
TYPED = {
    "notice_min": "2880",
    "late": "50%",
    "no_show": "180",
    "deposit": "",
    "late_online": "y",
    "policies_en": "Call us early, please.",
}
LATE = dt.timedelta(hours=1)


@pytest.fixture
def signed_in(signed_in: SignIn) -> SignIn:
    """Everybody of these tests reads English."""
    return lambda person: english(signed_in(person))


def seen(text: str) -> str:
    return text.split('name="seen"')[1].split('value="')[1].split('"')[0]


@pytest.fixture
def visit(session: Session, redis: Redis, scene: Scene, cast: Cast) -> Booked:
    terms = Terms(late=Fee(percent=50), no_show=Fee(minor=18000))
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(update(Service).values(terms=stored(terms)))
    return book_for(session, redis, scene, cast)


def charges(session: Session, scene: Scene) -> list[tuple[str, int]]:
    with scoped(session, Scope(org_id=scene.org_id)):
        rows = session.execute(
            select(VisitCharge.what, VisitCharge.amount_minor).order_by(VisitCharge.created_at)
        )
        return [(row.what, row.amount_minor) for row in rows]


def test_terms_of_a_service_are_typed_and_shown_in_both_languages(
    session: Session,
    scene: Scene,
    cast: Cast,
    signed_in: SignIn,
    count_queries: CountQueries,
) -> None:
    owner = signed_in(cast.olga)
    address = f"{CONSOLE}/services/{scene.service_id}/terms"
    with count_queries() as asked:
        first = owner.get(address)
    assert asked.count <= MOST
    sent = {**TYPED, "seen": seen(first.text)}
    assert owner.post(address, data=sent).status_code == 303
    shown = owner.get(address).text
    assert "Cancelling or moving is free until 2 days before the visit." in shown
    assert "Later it costs RON\u00a090.00." in shown
    assert 'lang="ro"' in shown
    with scoped(session, Scope(org_id=scene.org_id)):
        service = session.scalars(select(Service)).one()
        session.refresh(service)
        assert service.cancel_notice_min == 2880
        assert service.terms == {
            "late": {"percent": 50},
            "no_show": {"minor": 18000},
            "late_online": True,
        }
        assert service.policies == {"en": "Call us early, please."}
    assert "Later it costs" in owner.get(f"{CONSOLE}/services/{scene.service_id}").text
    again = owner.post(address, data=sent)
    assert again.status_code == 409
    assert "Somebody else changed this" in again.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"late": "0%"},
        {"late": "101%"},
        {"late": "x%"},
        {"no_show": "-5"},
        {"deposit": "much"},
        {"deposit": "99999999999"},
        {"notice_min": "-5"},
    ],
)
def test_terms_that_cannot_be_are_told_where_they_stand(
    scene: Scene, cast: Cast, signed_in: SignIn, wrong: dict[str, str]
) -> None:
    owner = signed_in(cast.olga)
    address = f"{CONSOLE}/services/{scene.service_id}/terms"
    sent = {**TYPED, **wrong, "seen": seen(owner.get(address).text)}
    answer = owner.post(address, data=sent)
    assert answer.status_code == 422
    (field,) = wrong
    assert f'id="{field}-error"' in answer.text


def test_a_calendar_may_have_terms_of_its_own(
    session: Session, scene: Scene, cast: Cast, signed_in: SignIn
) -> None:
    owner = signed_in(cast.olga)
    address = f"{CONSOLE}/calendars/{scene.calendar_id}/terms"
    sent = {**TYPED, "own": "y", "seen": seen(owner.get(address).text)}
    assert owner.post(address, data=sent).status_code == 303
    own = stored(Terms(2880, Fee(percent=50), Fee(minor=18000), late_online=True))
    with scoped(session, Scope(org_id=scene.org_id)):
        assert session.scalars(select(Calendar.terms)).one() == own
    assert owner.post(address, data=sent).status_code == 409
    sent["seen"] = seen(owner.get(address).text)
    assert owner.post(address, data={**sent, "late": "1000%"}).status_code == 422
    del sent["own"]
    assert owner.post(address, data=sent).status_code == 303
    with scoped(session, Scope(org_id=scene.org_id)):
        assert session.scalars(select(Calendar.terms)).one() is None


def test_who_may_set_terms(scene: Scene, cast: Cast, signed_in: SignIn) -> None:
    for address in (f"services/{scene.service_id}", f"calendars/{scene.calendar_id}"):
        assert signed_in(cast.ramona).get(f"{CONSOLE}/{address}/terms").status_code == 403
        assert signed_in(cast.bogdan).get(f"{CONSOLE}/{address}/terms").status_code in (403, 404)


def test_the_desk_is_asked_who_cancels_late_and_the_manager_lets_it_off(
    session: Session,
    scene: Scene,
    cast: Cast,
    signed_in: SignIn,
    visit: Booked,
    clock: FrozenClock,
) -> None:
    at = f"{CONSOLE}/visits/{visit.id}"
    desk = signed_in(cast.ramona)
    clock.set(scene.first_free - LATE)
    asked = desk.get(f"{at}/cancel").text
    assert "It is late: RON\u00a090.00 is due." in asked
    desk.post(f"{at}/cancel", data={"version": 0, "by": "patient"})
    assert reload(session, visit).state == "cancelled"
    shown = desk.get(at).text
    assert "RON\u00a090.00" in shown
    assert "/waive" not in shown
    twice = desk.post(f"{at}/cancel", data={"version": 1, "by": "patient"})
    assert twice.status_code == 409
    assert charges(session, scene) == [("late_cancel", 9000)]
    owner = signed_in(cast.olga)
    found = re.search(r'href="([^"]+/waive)"', owner.get(at).text)
    assert found
    assert desk.get(found[1]).status_code == 403
    assert owner.get(found[1]).status_code == 200
    assert owner.post(found[1], data={"reason": ""}).status_code == 422
    assert owner.post(found[1], data={"reason": "in hospital"}).status_code == 303
    assert "in hospital" in owner.get(at).text
    assert owner.post(found[1], data={"reason": "again"}).status_code == 409


@pytest.mark.parametrize("sent", [{}, {"by": "clinic"}, {"by": "nonsense"}])
def test_the_clinics_own_cancellation_costs_nothing(
    session: Session,
    scene: Scene,
    cast: Cast,
    signed_in: SignIn,
    visit: Booked,
    clock: FrozenClock,
    sent: dict[str, str],
) -> None:
    clock.set(scene.first_free - LATE)
    address = f"{CONSOLE}/visits/{visit.id}/cancel"
    signed_in(cast.ramona).post(address, data={"version": 0, **sent})
    assert reload(session, visit).state == "cancelled"
    assert charges(session, scene) == []


def test_a_no_show_is_due_and_what_is_due_elsewhere_shows(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    signed_in: SignIn,
    visit: Booked,
    clock: FrozenClock,
    count_queries: CountQueries,
) -> None:
    clock.set(scene.first_free + LATE)
    desk: BrowserClient = signed_in(cast.ramona)
    desk.post(f"{CONSOLE}/visits/{visit.id}/miss", data={"version": 0})
    assert charges(session, scene) == [("no_show", 18000)]
    desk.post(f"{CONSOLE}/visits/{visit.id}/excuse", data={"version": 1})
    assert "Taken back" in desk.get(f"{CONSOLE}/visits/{visit.id}").text
    with count_queries() as asked:
        desk.get(f"{CONSOLE}/visits/{visit.id}")
    assert len(asked_for(asked)) <= MOST
