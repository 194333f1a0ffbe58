"""One tap books what was added last time too, as far as patients may still add it (APT-02, BYD-03)."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.actions import Wish, book
from app.appointments.models import Appointment
from app.appointments.queries.addons import addons_of_visit, offered_addons, with_addons
from app.catalog.addons import AddonDraft, add_addon, archive_addon, change_addon
from app.kernel.tenancy.scope import Scope, scoped
from app.scheduling.queries import calendar_view
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import english
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

pytestmark = pytest.mark.proves("APT-02", "BYD-03", "PRT-01")
FIELDS = ("start", "key", "add")
MASSAGE = AddonDraft({"ro": "Masaj", "en": "Massage"}, 5000, extra_min=15, most=2)
TAPING = AddonDraft({"ro": "Taping", "en": "Taping"}, 4000, most=2)


@pytest.fixture
def addons(session: Session, scene: Scene, cast: Cast) -> list[uuid.UUID]:
    """Massage and taping."""
    with scoped(session, Scope(org_id=scene.org_id)):
        owner = staff_actor(cast.olga)
        drafts = (MASSAGE, TAPING)
        made = [add_addon(session, owner, scene.service_id, one, now=NOW) for one in drafts]
        session.commit()
    return made


@pytest.fixture
def address(
    session: Session, redis: Redis, scene: Scene, cast: Cast, addons: list[uuid.UUID]
) -> str:
    """Booking again what Petra had: massage once, taping twice."""
    assert cast.petra.patient_id is not None
    with scoped(session, Scope(org_id=scene.org_id)):
        calendar = calendar_view(session, scene.org_id, calendar_id=scene.calendar_id)
        had = dict(zip(addons, (1, 2), strict=True))
        whole = with_addons(calendar, offered_addons(session, scene.org_id, calendar), had)
        reception = staff_actor(cast.ramona)
        wish = Wish(scene.first_free, scene.specialist_id, "phone", "Europe/Bucharest")
        visit = book(session, redis, reception, whole, wish, cast.petra.patient_id, now=NOW)
        session.commit()
        return f"/movimento/portal/visits/{visit.id}/again"


@pytest.fixture
def petra(cast: Cast, signed_in: SignIn) -> BrowserClient:
    return english(signed_in(cast.petra))


def said(page: str) -> dict[str, str]:
    """What a tap on the first time sends."""
    return {name: re.findall(rf'name="{name}" value="([^"]*)"', page)[0] for name in FIELDS}


def last(session: Session, scene: Scene) -> tuple[int, int, list[tuple[uuid.UUID, int]]]:
    """Price, minutes and add-ons of the visit that was booked last."""
    with scoped(session, Scope(org_id=scene.org_id)):
        order = (Appointment.created_at.desc(), Appointment.id.desc())
        one = session.scalars(select(Appointment).order_by(*order).limit(1)).one()
        kept = addons_of_visit(session, scene.org_id, one.id)
        minutes = (one.ends_at - one.starts_at) // dt.timedelta(minutes=1)
        return one.price_minor, minutes, [(each.addon_id, each.quantity) for each in kept]


def test_a_tap_books_it_with_the_same(
    session: Session,
    scene: Scene,
    petra: BrowserClient,
    address: str,
    addons: list[uuid.UUID],
    count_queries: CountQueries,
) -> None:
    with count_queries() as asked:
        page = petra.get(address).text
    assert asked.count <= MOST, asked.statements
    assert "As last time, with:" in page
    assert "2 × Taping" in page
    assert "60 minutes" in page
    assert "add=" in page
    assert petra.post(address, data=said(page)).status_code == 303
    assert last(session, scene) == (31000, 60, [(addons[0], 1), (addons[1], 2)])


def test_or_without_them(
    session: Session, scene: Scene, petra: BrowserClient, address: str
) -> None:
    page = petra.get(address, query_string={"add": "none"}).text
    assert "45 minutes" in page
    assert petra.post(address, data=said(page)).status_code == 303
    assert last(session, scene) == (18000, 45, [])


def test_what_is_not_offered_any_more_is_said_and_left_out(
    session: Session,
    scene: Scene,
    cast: Cast,
    petra: BrowserClient,
    address: str,
    addons: list[uuid.UUID],
) -> None:
    shown = said(petra.get(address).text)
    desk_only = AddonDraft(TAPING.names, TAPING.price_minor, most=2, online=False)
    with scoped(session, Scope(org_id=scene.org_id)):
        change_addon(session, staff_actor(cast.olga), addons[1], desk_only, now=NOW)
        session.commit()
    changed = petra.post(address, data=shown)
    assert changed.status_code == 409
    assert "What can be added has changed" in changed.text
    assert "Not offered online any more: Taping." in " ".join(changed.text.split())
    assert petra.post(address, data=said(changed.text)).status_code == 303
    assert last(session, scene) == (23000, 60, [(addons[0], 1)])
    with scoped(session, Scope(org_id=scene.org_id)):
        archive_addon(session, staff_actor(cast.olga), addons[0], now=NOW)
        session.commit()
    page = petra.get(address).text
    assert "As last time" not in page
    assert "45 minutes" in page
    nonsense = petra.post(address, data={**said(page), "add": "x"})
    assert nonsense.status_code == 409
