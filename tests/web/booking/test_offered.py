"""A time that its own page has offered is kept without a statement; everything else is asked of the database."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.kernel import redis as patience
from app.kernel.access.actor import system
from app.kernel.tenancy.scope import Scope, scoped
from app.people.models import Specialist
from app.scheduling.actions import add_room, mark_of_needs, set_needs
from app.scheduling.queries.spaces import Needs, needs_of
from app.web.booking import offered
from tests.factories.cast import Cast
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn, new_client
from tests.support.clock import FrozenClock
from tests.support.queries import CountQueries
from tests.web.booking.walking import GUEST, TIMES, hidden, hold, starts, text_of

pytestmark = pytest.mark.proves("SCH-03", "SCH-04", "SCH-09")


@pytest.fixture
def rival(app: Flask, session: Session) -> BrowserClient:
    """Another browser, in English too."""
    other = new_client(app, session)
    other.set_cookie("lang", "en")
    return other


def offer(client: BrowserClient, day: str = "") -> tuple[dict[str, str], list[str]]:
    """What a page of times hands on, and its starts."""
    page = client.get(f"{TIMES}?day={day}" if day else TIMES)
    return hidden(page), starts(page)


def led_to_details(client: BrowserClient, start: str, fields: dict[str, str]) -> bool:
    answer = client.post(TIMES, data={**fields, "start": start})
    assert answer.status_code == 303
    return "/details/" in answer.headers["Location"]


def test_it_is_kept_without_a_statement_and_booked_as_any(
    guest: BrowserClient, scene: Scene, session: Session, count_queries: CountQueries
) -> None:
    fields, free = offer(guest)
    with count_queries() as asked:
        answer = guest.post(TIMES, data={**fields, "start": free[0]})
    assert asked.statements == []
    details = answer.headers["Location"]
    assert "Ștefan" in text_of(guest.get(details))
    assert guest.post(details, data=GUEST).status_code == 303
    with scoped(session, Scope(org_id=scene.org_id)):
        visit = session.scalars(select(Appointment)).one()
    assert visit.specialist_id == scene.specialist_id
    assert visit.starts_at == scene.first_free
    assert visit.assignment_reason == "only_one_free"


def test_who_comes_second_is_refused_without_a_statement(
    guest: BrowserClient, rival: BrowserClient, scene: Scene, count_queries: CountQueries
) -> None:
    fields, free = offer(rival, "2027-03-05")
    wanted, inside = free[-5], free[-4]
    assert int(inside) == int(wanted) + 15
    details = hold(guest, wanted)
    with count_queries() as asked:
        assert not led_to_details(rival, wanted, fields)
    assert asked.statements == []
    visit = guest.post(details, data=GUEST).headers["Location"]
    with count_queries() as asked:
        assert not led_to_details(rival, wanted, fields), "booked by now"
        assert not led_to_details(rival, inside, fields), "the visit reaches into it"
    assert asked.statements == []
    assert guest.post(f"{visit}/cancel", data={"version": "0"}).status_code == 303
    with count_queries() as asked:
        assert led_to_details(rival, wanted, fields), "free again"
    assert asked.statements == []


def test_an_offer_that_does_not_hold_is_no_harm(
    guest: BrowserClient, scene: Scene, clock: FrozenClock, count_queries: CountQueries
) -> None:
    fields, free = offer(guest)
    _other, elsewhere = offer(guest, "2027-03-05")
    tries = [
        ({"offer": fields["offer"][:-2] + "xx"}, free[0]),
        (fields, elsewhere[-1]),
        ({**fields, "add": "nothing.1"}, free[0]),
    ]
    for number, (sent, start) in enumerate(tries):
        with count_queries() as asked:
            assert led_to_details(guest, start, sent), number
        assert asked.statements, number
    clock.advance(seconds=offered.LIFE.total_seconds())
    with count_queries() as asked:
        assert led_to_details(guest, free[-1], fields)
    assert asked.statements


@pytest.mark.proves("KRN-01")
def test_an_offer_counts_for_its_own_clinic_and_calendar(
    guest: BrowserClient, scene: Scene
) -> None:
    fields, free = offer(guest)
    sent = {**fields, "start": free[0]}
    for address in ("/altius/book/kinetoterapie", "/movimento/book/masaj", "/nowhere/book/x"):
        assert guest.post(address, data=sent).status_code == 404, address


@pytest.mark.proves("SCH-05", "BYD-01")
def test_without_redis_the_database_is_asked(
    guest: BrowserClient, scene: Scene, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields, free = offer(guest)
    monkeypatch.setattr(patience, "_courtesy", patience.Courtesy())
    monkeypatch.setitem(app.extensions, "redis", patience.connect("redis://127.0.0.1:1/0"))
    assert led_to_details(guest, free[0], fields)


def test_who_is_known_or_needs_a_room_gets_no_offer(
    guest: BrowserClient, scene: Scene, session: Session, cast: Cast, signed_in: SignIn
) -> None:
    assert "offer" in offer(guest)[0]
    assert "offer" not in offer(signed_in(cast.petra))[0]
    with scoped(session, Scope(org_id=scene.org_id)):
        actor = system(scene.org_id)
        place = session.scalars(
            select(Specialist.location_id).where(Specialist.id == scene.specialist_id)
        ).one()
        add_room(session, actor, place, "Cabinet 1", now=NOW)
        seen = mark_of_needs(needs_of(session, scene.org_id, scene.service_id))
        needs = Needs(room=True, device=False, space_ids=frozenset())
        set_needs(session, actor, scene.service_id, needs, seen=seen, now=NOW)
    assert "offer" not in offer(guest)[0]
