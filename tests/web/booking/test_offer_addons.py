"""Taking an offered time with add-ons: what does not fit leaves the offer as it is (APT-02, BYD-04)."""

from __future__ import annotations

import re
import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment, VisitAddon
from app.catalog.addons import AddonDraft, add_addon
from app.kernel.tenancy.scope import Scope, scoped
from tests.factories.cast import Cast, staff_actor
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient
from tests.support.outbox import DrainOutbox
from tests.support.queries import MOST, CountQueries
from tests.web.booking.walking import text_of

pytestmark = pytest.mark.proves("APT-02", "BYD-04")
FORM = {
    "name": "Ana Pop",
    "country": "RO",
    "phone": "0722 123 456",
    "email": "ana@example.com",
    "texts": "y",
    "specialist": "",
    "weekdays": ["0", "1", "2", "3", "4"],
    "parts": ["0", "1"],
}
MASSAGE = AddonDraft({"ro": "Masaj", "en": "Massage"}, 5000, extra_min=15)
TAPING = AddonDraft({"ro": "Taping", "en": "Taping"}, 4000, most=2)
DESK = AddonDraft({"ro": "Bandaj", "en": "Bandage"}, 100, online=False)


@pytest.fixture
def addons(session: Session, scene: Scene, cast: Cast) -> list[uuid.UUID]:
    """Massage, which takes time; taping, which takes none; a bandage that only the desk adds."""
    with scoped(session, Scope(org_id=scene.org_id)):
        owner, drafts = staff_actor(cast.olga), (MASSAGE, TAPING, DESK)
        made = [add_addon(session, owner, scene.service_id, one, now=NOW) for one in drafts]
        session.commit()
    return made


@pytest.fixture
def offer(client: BrowserClient, addons: list[uuid.UUID], drain_outbox: DrainOutbox) -> str:
    """The page of an offer from a quarter past twelve until one, when the morning is over."""
    place = client.post("/movimento/book/kinetoterapie/waiting", data=FORM).headers["Location"]
    drain_outbox()
    found = re.search(r'href="(/movimento/o/[^"]+)"', client.get(place).text)
    assert found is not None
    return found[1]


def booked(session: Session, scene: Scene) -> list[tuple[int, int]]:
    """Price of each visit and how many of all add-ons it has."""
    with scoped(session, Scope(org_id=scene.org_id)):
        prices = session.scalars(select(Appointment.price_minor)).all()
        return [(price, sum(session.scalars(select(VisitAddon.quantity)))) for price in prices]


def test_what_needs_no_time_comes_with_the_visit(
    client: BrowserClient,
    offer: str,
    addons: list[uuid.UUID],
    session: Session,
    scene: Scene,
    count_queries: CountQueries,
) -> None:
    with count_queries() as asked:
        page = text_of(client.get(offer))
    assert asked.count <= MOST, asked.statements
    assert "Taping" in page
    assert "Bandage" not in page
    chosen = {f"addon-{addons[0]}": "0", f"addon-{addons[1]}": "2"}
    taken = client.post(f"{offer}/accept", data=chosen)
    assert taken.status_code == 303
    assert booked(session, scene) == [(26000, 2)]
    again = client.post(f"{offer}/accept", data=chosen)
    assert again.headers["Location"] == taken.headers["Location"]
    assert booked(session, scene) == [(26000, 2)]


@pytest.mark.parametrize(("which", "count"), [(0, "1"), (1, "3"), (2, "1")])
def test_what_does_not_fit_or_cannot_be_added_leaves_the_offer(
    client: BrowserClient,
    offer: str,
    addons: list[uuid.UUID],
    session: Session,
    scene: Scene,
    which: int,
    count: str,
) -> None:
    refused = client.post(f"{offer}/accept", data={f"addon-{addons[which]}": count})
    assert refused.status_code == 409
    assert "The time is still kept for you" in refused.text
    assert booked(session, scene) == []
    assert client.post(f"{offer}/accept").status_code == 303
    assert booked(session, scene) == [(18000, 0)]
