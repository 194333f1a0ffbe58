"""The visits of a specialist who leaves go to others at once: whoever is free, and why nobody is (SPC-02, BYD-03)."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from redis import Redis
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.catalog.models import ServiceSpecialist
from app.kernel.access.actor import system
from app.kernel.tenancy.scope import Scope, scoped
from app.lib.ids import uuid7
from app.people.models import Specialist
from app.people.specialists.actions import set_active
from app.scheduling.actions import add_resource, set_override, set_weekly_hours
from app.scheduling.models import CalendarSpecialist
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import asked_for, book_for, english
from tests.factories.scene import HOURS, Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

pytestmark = pytest.mark.proves("SPC-02", "BYD-01", "BYD-03")
PICK = re.compile(r'name="(visit-[^"]+)" value="([^"]+)" checked')
DAY = dt.timedelta(days=1)


@pytest.fixture
def dana(session: Session, scene: Scene) -> uuid.UUID:
    """Another specialist of the same calendar with the same hours."""
    with scoped(session, Scope(org_id=scene.org_id)):
        first = session.get_one(Specialist, (scene.org_id, scene.specialist_id))
        made = uuid7()
        session.execute(
            insert(Specialist).values(
                org_id=scene.org_id,
                id=made,
                name="Dana Ursu",
                title="",
                slug="dana-ursu",
                color=2,
                time_zone=first.time_zone,
                location_id=first.location_id,
            )
        )
        for table, also in (
            (ServiceSpecialist, {"service_id": scene.service_id}),
            (CalendarSpecialist, {"calendar_id": scene.calendar_id}),
        ):
            session.execute(
                insert(table).values(org_id=scene.org_id, id=uuid7(), specialist_id=made, **also)
            )
        add_resource(session, scene.org_id, specialist_id=made)
        set_weekly_hours(session, system(scene.org_id), made, HOURS, NOW)
    session.commit()
    return made


@pytest.fixture
def desk(cast: Cast, signed_in: SignIn) -> BrowserClient:
    return english(signed_in(cast.ramona))


def address(scene: Scene) -> str:
    return f"/movimento/console/specialists/{scene.specialist_id}/hand-over-visits"


def with_whom(session: Session, scene: Scene) -> list[uuid.UUID]:
    with scoped(session, Scope(org_id=scene.org_id)):
        query = select(Appointment.specialist_id).order_by(Appointment.starts_at)
        return list(session.scalars(query))


def test_free_colleagues_take_them_and_the_rest_says_why(
    session: Session, redis: Redis, scene: Scene, cast: Cast, dana: uuid.UUID, desk: BrowserClient
) -> None:
    for days in (0, 1, 2):
        book_for(session, redis, scene, cast, scene.first_free + days * DAY)
    with scoped(session, Scope(org_id=scene.org_id)):
        olga = staff_actor(cast.olga)
        set_active(session, olga, scene.specialist_id, False, now=NOW)
        away = (scene.first_free + DAY).date()
        set_override(session, olga, dana, away, "replace", [], "away", NOW)
    session.commit()
    page = desk.get(address(scene)).text
    picked = dict(PICK.findall(page))
    assert set(picked.values()) == {str(dana)}
    assert len(picked) == 2
    assert "<b>Dana Ursu</b>: " in page
    assert desk.post(address(scene), data=picked).status_code == 303
    assert with_whom(session, scene) == [dana, scene.specialist_id, dana]
    # Back in the browser and sent again: nothing is left to give.
    assert desk.post(address(scene), data=picked).status_code == 303
    assert with_whom(session, scene) == [dana, scene.specialist_id, dana]


def test_who_was_taken_meanwhile_is_told_and_the_others_are_given(
    session: Session, redis: Redis, scene: Scene, cast: Cast, dana: uuid.UUID, desk: BrowserClient
) -> None:
    for days in (0, 1):
        book_for(session, redis, scene, cast, scene.first_free + days * DAY)
    picked = dict(PICK.findall(desk.get(address(scene)).text))
    with scoped(session, Scope(org_id=scene.org_id)):
        first = scene.first_free.date()
        set_override(session, staff_actor(cast.olga), dana, first, "replace", [], "away", NOW)
    session.commit()
    answer = desk.post(address(scene), data=picked)
    assert answer.status_code == 303
    assert with_whom(session, scene) == [scene.specialist_id, dana]
    left = dict(list(picked.items())[:1])
    again = desk.post(address(scene), data=left)
    assert again.status_code == 409
    assert "1 visit stays: somebody was quicker." in again.text


def test_nonsense_changes_nothing_and_strangers_see_nothing(
    session: Session, redis: Redis, scene: Scene, cast: Cast, signed_in: SignIn, desk: BrowserClient
) -> None:
    visit = book_for(session, redis, scene, cast)
    sent = {f"visit-{visit.id}": "nobody", "visit-x": str(uuid.uuid4())}
    assert desk.post(address(scene), data=sent).status_code == 303
    unknown = {f"visit-{visit.id}": str(uuid.uuid4())}
    assert desk.post(address(scene), data=unknown).status_code == 409
    assert with_whom(session, scene) == [scene.specialist_id]
    assert signed_in(cast.bogdan).get(address(scene)).status_code == 404


def test_many_visits_ask_no_more_than_one(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    dana: uuid.UUID,
    desk: BrowserClient,
    count_queries: CountQueries,
) -> None:
    book_for(session, redis, scene, cast)
    with count_queries() as one:
        desk.get(address(scene))
    for days in (1, 2, 5):
        book_for(session, redis, scene, cast, scene.first_free + days * DAY)
    with count_queries() as four:
        desk.get(address(scene))
    assert len(asked_for(four)) == len(asked_for(one)) <= MOST
