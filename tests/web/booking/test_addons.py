"""Add-ons on the booking pages: chosen with the time, shown with price and length, booked as shown (APT-02)."""

from __future__ import annotations

import re
import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment, VisitAddon
from app.catalog.addons import AddonDraft, add_addon, archive_addon
from app.kernel.tenancy.scope import Scope, scoped
from tests.factories.cast import Cast, staff_actor
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient
from tests.support.queries import MOST, CountQueries
from tests.web.booking.walking import GUEST, TIMES, starts, text_of

pytestmark = pytest.mark.proves("APT-02", "BOK-01")


@pytest.fixture
def addon(session: Session, scene: Scene, cast: Cast) -> uuid.UUID:
    """Fifteen minutes of massage, twice at most, and something that only the desk adds."""
    with scoped(session, Scope(org_id=scene.org_id)):
        owner = staff_actor(cast.olga)
        massage = AddonDraft({"ro": "Masaj", "en": "Massage"}, 5000, extra_min=15, most=2)
        made = add_addon(session, owner, scene.service_id, massage, now=NOW)
        desk_only = AddonDraft({"ro": "Bandaj", "en": "Bandage"}, 100, online=False)
        add_addon(session, owner, scene.service_id, desk_only, now=NOW)
        session.commit()
    return made


def test_chosen_kept_booked_and_shown(
    guest: BrowserClient,
    scene: Scene,
    session: Session,
    addon: uuid.UUID,
    count_queries: CountQueries,
) -> None:
    with count_queries() as asked:
        page = guest.get(TIMES)
    assert asked.count <= MOST, asked.statements
    assert "Massage" in page.text
    assert "Bandage" not in page.text
    link = re.search(r'href="(\?[^"]*add=[^"]+)" aria-label="Add: Massage"', page.text)
    assert link is not None
    address = TIMES + link[1].replace("&amp;", "&")
    longer = guest.get(address)
    assert "Together 60 min" in text_of(longer)
    assert "Take away: Massage" in longer.text
    assert "One more: Massage" in longer.text
    at = str(int(scene.first_free.timestamp()) // 60)
    assert at in starts(longer)
    held = guest.post(TIMES, data={"start": at, "add": f"{addon.hex}.1"})
    assert held.status_code == 303
    details = text_of(guest.get(held.location))
    assert "60 minutes" in details
    assert "Massage" in details
    done = guest.post(held.location, data=GUEST)
    assert done.status_code == 303
    with scoped(session, Scope(org_id=scene.org_id)):
        visit = session.scalars(select(Appointment)).one()
        assert (visit.price_minor, (visit.ends_at - visit.starts_at).seconds) == (23000, 3600)
        assert session.scalars(select(VisitAddon.quantity)).one() == 1
    assert "Massage (RON" in text_of(guest.get(done.location)).replace("\u00a0", " ")


def test_twice_does_not_fit_at_noon_and_nonsense_adds_nothing(
    guest: BrowserClient, scene: Scene, addon: uuid.UUID
) -> None:
    at = str(int(scene.first_free.timestamp()) // 60)
    assert at not in starts(guest.get(f"{TIMES}?add={addon.hex}.2"))
    refused = guest.post(TIMES, data={"start": at, "add": f"{addon.hex}.2"})
    assert "gone=" in refused.location
    assert f"add={addon.hex}.2" in refused.location
    assert "Together 75 min" in text_of(guest.get(refused.location))
    plain = starts(guest.get(TIMES))
    for nonsense in ("x", f"{uuid.uuid4().hex}.1", f"{addon.hex}.0", f"{addon.hex}.-1", "," * 2000):
        assert starts(guest.get(f"{TIMES}?add={nonsense}")) == plain


def test_what_is_taken_off_meanwhile_is_not_booked(
    guest: BrowserClient, scene: Scene, session: Session, cast: Cast, addon: uuid.UUID
) -> None:
    at = str(int(scene.first_free.timestamp()) // 60)
    held = guest.post(TIMES, data={"start": at, "add": f"{addon.hex}.1"})
    with scoped(session, Scope(org_id=scene.org_id)):
        archive_addon(session, staff_actor(cast.olga), addon, now=NOW)
        session.commit()
    assert "45 minutes" in text_of(guest.get(held.location))
    guest.post(held.location, data=GUEST)
    with scoped(session, Scope(org_id=scene.org_id)):
        assert session.scalars(select(Appointment.price_minor)).one() == 18000
        assert not session.scalars(select(VisitAddon)).all()
