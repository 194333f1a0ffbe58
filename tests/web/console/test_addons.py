"""Add-ons at the desk: described for a service, added in the booking panel, changed on the visit (APT-02)."""

from __future__ import annotations

import uuid

import pytest
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment, VisitAddon
from app.catalog.models import ServiceAddon
from app.kernel.tenancy.scope import Scope, scoped
from tests.factories.cast import Cast
from tests.factories.desk import asked_for, book_for, english
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

pytestmark = pytest.mark.proves("APT-02")
CONSOLE = "/movimento/console"


@pytest.fixture
def owner(signed_in: SignIn, cast: Cast, scene: Scene) -> BrowserClient:
    return english(signed_in(cast.olga))


@pytest.fixture
def addon(session: Session, owner: BrowserClient, scene: Scene) -> uuid.UUID:
    """Taping, as the owner described it."""
    address = f"{CONSOLE}/services/{scene.service_id}/add-ons"
    typed = {"names_ro": "Taping", "price": "40", "extra_min": "15", "most": "2", "online": "y"}
    assert owner.post(address, data=typed).status_code == 303
    with scoped(session, Scope(org_id=scene.org_id)):
        return session.scalars(select(ServiceAddon.id)).one()


def test_described_changed_and_taken_off(
    session: Session, owner: BrowserClient, scene: Scene, addon: uuid.UUID
) -> None:
    page = f"{CONSOLE}/services/{scene.service_id}/add-ons"
    assert "+15 min" in owner.get(page).text
    assert "What can be added" in owner.get(f"{CONSOLE}/services/{scene.service_id}").text
    one = f"{CONSOLE}/service-addons/{addon}"
    assert 'value="40"' in owner.get(one).text
    typed = {"names_ro": "Bandaj", "price": "50.50", "extra_min": "0", "most": "1"}
    assert owner.post(one, data=typed).status_code == 303
    text = owner.get(page).text
    assert "Bandaj" in text
    assert "Desk only" in text
    assert owner.post(one, data=typed | {"price": "much"}).status_code == 422
    assert owner.post(one, data=typed | {"extra_min": "7"}).status_code == 422
    assert owner.post(page, data=typed | {"names_ro": ""}).status_code == 422
    assert owner.post(f"{one}/remove").status_code == 303
    assert "No add-on yet" in owner.get(page).text
    assert owner.get(one).status_code == 404


def test_added_in_the_booking_panel(
    session: Session, signed_in: SignIn, cast: Cast, scene: Scene, addon: uuid.UUID
) -> None:
    desk = english(signed_in(cast.ramona))
    typed = {
        "book-calendar": str(scene.calendar_id),
        "book-specialist": str(scene.specialist_id),
        "book-day": "2027-03-03",
        "book-time": "12:00",
        "book-patient": str(cast.petra.patient_id),
        "book-channel": "phone",
        f"addon-{addon}": "1",
        "addon-nonsense": "1",
    }
    look = desk.post(f"{CONSOLE}/visits/new", data={**typed, "do": "look"}).text
    assert "Together 60 min" in look
    assert desk.post(f"{CONSOLE}/visits/new", data={**typed, "do": "book"}).status_code == 303
    with scoped(session, Scope(org_id=scene.org_id)):
        visit = session.scalars(select(Appointment)).one()
        assert (visit.price_minor, (visit.ends_at - visit.starts_at).seconds) == (22000, 3600)
    typed |= {f"addon-{addon}": "2", "book-time": "16:00"}
    too_long = desk.post(f"{CONSOLE}/visits/new", data={**typed, "do": "look"}).text
    assert "Together 75 min" in too_long


def test_changed_on_the_visit(
    session: Session,
    redis: Redis,
    signed_in: SignIn,
    cast: Cast,
    scene: Scene,
    addon: uuid.UUID,
    count_queries: CountQueries,
) -> None:
    visit = book_for(session, redis, scene, cast)
    desk = english(signed_in(cast.ramona))
    address = f"{CONSOLE}/visits/{visit.id}/add-ons"
    assert "Add something" in desk.get(f"{CONSOLE}/visits/{visit.id}").text
    with count_queries() as asked:
        assert "Taping" in desk.fragment(address).text
    assert len(asked_for(asked)) <= MOST
    # Noon to one: 60 minutes fit, 75 do not.
    refused = desk.post(address, data={f"addon-{addon}": "2", "version": "0"})
    assert refused.status_code == 409
    assert "not free for so long" in refused.text
    assert desk.post(address, data={f"addon-{addon}": "9", "version": "0"}).status_code == 422
    sent = {f"addon-{addon}": "1", "version": "0"}
    answer = desk.fragment(address, "POST", data=sent, headers={"HX-Target": "panel"})
    assert "Change the add-ons" in answer.text
    assert "Add-ons changed" in desk.get(f"{CONSOLE}/visits/{visit.id}").text
    assert desk.post(address, data=sent).status_code == 409, "seen before it changed"
    with scoped(session, Scope(org_id=scene.org_id)):
        assert session.scalars(select(VisitAddon.quantity)).one() == 1
    stranger = english(signed_in(cast.stefan))
    assert stranger.get(f"{CONSOLE}/services/{scene.service_id}/add-ons").status_code == 403
    assert desk.get(f"{CONSOLE}/visits/{uuid.uuid4()}/add-ons").status_code == 404
