"""Add-ons of a course: each visit has them, and the preview finds only times that are long enough (APT-02, BYD-03)."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment, VisitAddon
from app.catalog.addons import AddonDraft, add_addon
from app.kernel.tenancy.scope import Scope, scoped
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import add_people, book_for
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

pytestmark = pytest.mark.proves("APT-02", "BYD-03")
PICK = re.compile(r'name="(visit-\d+)" value="([^"]*)" checked')
# Mondays at ten; on the second one somebody comes at eleven, after a quarter of an hour of rest.
PATTERN = {
    "specialist": "",
    "weekdays": ["0"],
    "time": "10:00",
    "first_day": "2027-03-08",
    "count": "3",
}
AFTER = dt.datetime(2027, 3, 15, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def addon(session: Session, scene: Scene, cast: Cast) -> uuid.UUID:
    """A quarter of an hour of massage."""
    with scoped(session, Scope(org_id=scene.org_id)):
        massage = AddonDraft({"ro": "Masaj", "en": "Massage"}, 5000, extra_min=15, most=2)
        made = add_addon(session, staff_actor(cast.olga), scene.service_id, massage, now=NOW)
        session.commit()
    return made


@pytest.fixture
def ramona(cast: Cast, signed_in: SignIn) -> BrowserClient:
    return signed_in(cast.ramona)


@pytest.fixture
def address(cast: Cast) -> str:
    return f"/movimento/console/patients/{cast.petra.patient_id}/course"


def test_each_visit_has_them_and_lasts_as_long_as_the_preview_counted(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    ramona: BrowserClient,
    address: str,
    addon: uuid.UUID,
    count_queries: CountQueries,
) -> None:
    [stranger] = add_people(session, scene.org_id, ["Ion Stranger"])
    book_for(session, redis, scene, cast, AFTER, stranger)
    plain = {**PATTERN, "calendar": str(scene.calendar_id)}
    assert "Every visit is free" in ramona.post(address, data=plain).text
    longer = {**plain, f"addon-{addon}": "1"}
    with count_queries() as asked:
        page = ramona.post(address, data=longer).text
    assert asked.count <= MOST, asked.statements
    assert "1 visit needs another time" in page
    assert "Each visit 60 min" in page
    assert "230" in page
    picked = dict(PICK.findall(page))
    assert picked["visit-2"] == ""
    done = ramona.post(address, data={**longer, **picked, "do": "book"})
    assert done.status_code == 303
    with scoped(session, Scope(org_id=scene.org_id)):
        booked = session.scalars(select(Appointment).where(Appointment.course_id.is_not(None)))
        seen = {(one.price_minor, one.ends_at - one.starts_at) for one in booked}
        assert seen == {(23000, dt.timedelta(minutes=60))}
        assert session.scalars(select(VisitAddon.quantity)).all() == [1, 1]


def test_a_time_that_is_only_long_enough_without_them_is_not_booked(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    ramona: BrowserClient,
    address: str,
    addon: uuid.UUID,
) -> None:
    [stranger] = add_people(session, scene.org_id, ["Ion Stranger"])
    book_for(session, redis, scene, cast, AFTER, stranger)
    plain = {**PATTERN, "calendar": str(scene.calendar_id)}
    picked = dict(PICK.findall(ramona.post(address, data=plain).text))
    late = ramona.post(address, data={**plain, **picked, f"addon-{addon}": "1", "do": "book"})
    assert late.status_code == 409
    with scoped(session, Scope(org_id=scene.org_id)):
        assert not session.scalars(select(VisitAddon.id)).all()


def test_offered_for_the_service_that_the_page_shows(
    scene: Scene, ramona: BrowserClient, address: str, addon: uuid.UUID
) -> None:
    field = f'name="addon-{addon}"'
    assert field in ramona.get(address, query_string={"calendar": str(scene.calendar_id)}).text
    for nonsense in ("", "x", str(uuid.uuid4())):
        assert ramona.get(address, query_string={"calendar": nonsense}).status_code == 200
    wrong = {**PATTERN, "calendar": "x", f"addon-{addon}": "1"}
    assert ramona.post(address, data=wrong).status_code == 422
