"""The page on which a clinic says which rooms and devices a service needs (SCH-07)."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Service
from app.kernel.access.actor import system
from app.kernel.tenancy.models import Location
from app.kernel.tenancy.scope import Scope, scoped
from app.scheduling.actions import add_room
from app.scheduling.models import ServiceSpace
from tests.factories.cast import Cast
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

CONSOLE = "/movimento/console"


@pytest.fixture
def laser(session: Session, scene: Scene) -> uuid.UUID:
    with scoped(session, Scope(org_id=scene.org_id)):
        location_id = session.scalars(select(Location.id).limit(1)).one()
        actor = system(scene.org_id)
        add_room(session, actor, location_id, "Cabinet 1", now=NOW)
        made = add_room(session, actor, location_id, "Laser", kind="device", now=NOW)
    session.commit()
    return made


@pytest.mark.proves("SCH-07", "CAT-01")
def test_needs_are_ticked_shown_and_copied(
    laser: uuid.UUID,
    session: Session,
    scene: Scene,
    cast: Cast,
    signed_in: SignIn,
    count_queries: CountQueries,
) -> None:
    owner = signed_in(cast.olga)
    address = f"{CONSOLE}/services/{scene.service_id}/spaces"
    with count_queries() as asked:
        page = owner.get(address)
    assert asked.count <= MOST
    assert "Cabinet 1" in page.text
    assert "Laser" in page.text
    seen = page.text.split('name="seen"')[1].split('value="')[1].split('"')[0]
    sent = {"room": "y", "devices": [str(laser)], "seen": seen}
    assert owner.post(address, data=sent).status_code == 303
    shown = owner.get(f"{CONSOLE}/services/{scene.service_id}").text
    assert "A room: any where the specialist works" in shown
    assert "A device: Laser" in shown
    again = owner.post(address, data=sent)
    assert again.status_code == 409
    assert "Somebody else changed this" in again.text
    unknown = owner.post(address, data={"devices": [str(uuid.uuid4())], "seen": seen})
    assert unknown.status_code == 422
    owner.post(f"{CONSOLE}/services/{scene.service_id}/duplicate")
    with scoped(session, Scope(org_id=scene.org_id)):
        needing = session.scalars(select(Service.id).where(Service.needs_device)).all()
        assert len(needing) == 2
        assert len(session.scalars(select(ServiceSpace.id)).all()) == 2


@pytest.mark.proves("SCH-07", "KRN-04")
def test_needs_are_for_those_who_manage_the_catalogue(
    laser: uuid.UUID, scene: Scene, cast: Cast, signed_in: SignIn, client: BrowserClient
) -> None:
    address = f"{CONSOLE}/services/{scene.service_id}/spaces"
    assert client.get(address).status_code == 303
    assert signed_in(cast.ramona).get(address).status_code == 403
    assert signed_in(cast.olga).get(f"{CONSOLE}/services/{uuid.uuid4()}/spaces").status_code == 404
