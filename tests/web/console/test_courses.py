"""A course of visits at the desk: planned with conflicts explained, booked all or none, cancelled from a visit on."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment, Course
from app.kernel.tenancy.scope import Scope, scoped
from app.messaging.models import Delivery
from tests.factories.cast import Cast
from tests.factories.desk import add_people, book_for
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock
from tests.support.outbox import DrainOutbox
from tests.support.queries import CountQueries

pytestmark = pytest.mark.proves("BYD-03", "BOK-04")
# Mondays and Thursdays at ten in Bucharest, over the change of the clocks of 28 March.
PATTERN = {
    "specialist": "",
    "weekdays": ["0", "3"],
    "time": "10:00",
    "first_day": "2027-03-18",
    "count": "6",
}
TAKEN = dt.datetime(2027, 3, 22, 8, 0, tzinfo=dt.UTC)
PICK = re.compile(r'name="(visit-\d+)" value="([^"]*)" checked')


@pytest.fixture
def ramona(cast: Cast, signed_in: SignIn) -> BrowserClient:
    return signed_in(cast.ramona)


@pytest.fixture
def address(cast: Cast) -> str:
    return f"/movimento/console/patients/{cast.petra.patient_id}/course"


@pytest.fixture
def pattern(scene: Scene) -> dict[str, object]:
    return {**PATTERN, "calendar": str(scene.calendar_id)}


def visits(session: Session, scene: Scene) -> list[Appointment]:
    with scoped(session, Scope(org_id=scene.org_id)):
        query = select(Appointment).where(Appointment.course_id.is_not(None))
        return list(session.scalars(query.order_by(Appointment.course_number)))


def test_planned_booked_told_once_and_cancelled_from_a_visit_on(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    ramona: BrowserClient,
    address: str,
    pattern: dict[str, object],
    clock: FrozenClock,
    drain_outbox: DrainOutbox,
) -> None:
    [stranger] = add_people(session, scene.org_id, ["Ion Stranger"])
    book_for(session, redis, scene, cast, TAKEN, stranger)
    assert "How many visits" in ramona.get(address).text
    page = ramona.post(address, data=pattern).text
    assert "1 visit needs another time" in page
    assert "Has a visit that takes" in page
    assert "Stranger" not in page
    picked = dict(PICK.findall(page))
    assert picked["visit-2"] == ""  # The Monday that is taken: left out unless somebody chooses.
    near = re.findall(r'name="visit-2" value="(\d+:[^"]+)"', page)
    assert near
    picked["visit-2"] = near[0]
    done = ramona.post(address, data={**pattern, **picked, "do": "book"})
    assert done.status_code == 303
    booked = visits(session, scene)
    assert [one.course_number for one in booked] == [1, 2, 3, 4, 5, 6]
    local = [one.starts_at.astimezone(dt.UTC).hour for one in booked if one.course_number != 2]
    assert local == [8, 8, 7, 7, 7]  # Ten o'clock before and after the change.
    course = ramona.get(done.headers["Location"]).text
    assert "0 of 6" in course
    assert "3 of 6" in ramona.get(f"/movimento/console/visits/{booked[2].id}").text
    clock.advance(seconds=25)
    drain_outbox()
    with scoped(session, Scope(org_id=scene.org_id)):
        told = session.scalars(
            select(Delivery.template).where(Delivery.patient_id == booked[0].patient_id)
        ).all()
    assert set(told) == {"course_booked"}
    question = ramona.get(f"{done.headers['Location']}/cancel?since=4").text
    assert "Cancel 3 visits of Petra" in question
    ended = ramona.post(
        f"{done.headers['Location']}/cancel", data={"since": "4", "reason": "moved"}
    )
    assert ended.status_code == 303
    session.expire_all()
    states = [one.state for one in visits(session, scene)]
    assert states == ["upcoming"] * 3 + ["cancelled"] * 3
    assert ramona.get(f"{done.headers['Location']}/cancel?since=4").status_code == 404


def test_all_or_none_when_somebody_was_quicker(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    ramona: BrowserClient,
    address: str,
    pattern: dict[str, object],
) -> None:
    picked = dict(PICK.findall(ramona.post(address, data=pattern).text))
    assert len(picked) == 6
    assert all(picked.values())
    [stranger] = add_people(session, scene.org_id, ["Ion Stranger"])
    book_for(session, redis, scene, cast, TAKEN, stranger)
    refused = ramona.post(address, data={**pattern, **picked, "do": "book"})
    assert refused.status_code == 409
    assert "22 Mar 2027, 10:00 was just taken. Nothing was booked" in refused.text
    again = dict(PICK.findall(refused.text))
    assert again["visit-1"] == picked["visit-1"]  # What was chosen stays chosen.
    assert visits(session, scene) == []
    with scoped(session, Scope(org_id=scene.org_id)):
        assert session.scalars(select(Course)).all() == []


@pytest.mark.parametrize(
    "change",
    [
        {"count": "1"},
        {"count": "61"},
        {"weekdays": []},
        {"time": "25:00"},
        {"first_day": "soon"},
        {"calendar": "nothing"},
        {"specialist": "nobody"},
    ],
)
def test_a_wrong_pattern_is_told(
    ramona: BrowserClient, address: str, pattern: dict[str, object], change: dict[str, object]
) -> None:
    assert ramona.post(address, data={**pattern, **change}).status_code == 422


@pytest.mark.parametrize("value", ["", "x:y", "99999999999:1", "29000000:not-an-id", "-5:1"])
def test_hostile_choices_book_nothing(
    session: Session,
    scene: Scene,
    ramona: BrowserClient,
    address: str,
    pattern: dict[str, object],
    value: str,
) -> None:
    picks = {f"visit-{number}": value for number in range(1, 7)}
    answer = ramona.post(address, data={**pattern, **picks, "do": "book"})
    assert answer.status_code == 200
    assert "between 2 and 60" in answer.text
    assert visits(session, scene) == []


def test_a_long_course_asks_no_more_than_a_short_one(
    ramona: BrowserClient,
    address: str,
    pattern: dict[str, object],
    count_queries: CountQueries,
) -> None:
    asked = []
    ramona.post(address, data=pattern)
    for count in ("2", "40"):
        with count_queries() as seen:
            ramona.post(address, data={**pattern, "count": count})
        asked.append(seen.count)
    assert asked[0] == asked[1]


def test_who_may_plan(cast: Cast, client: BrowserClient, signed_in: SignIn, address: str) -> None:
    assert client.get(address).status_code == 303
    assert signed_in(cast.bogdan).get(address).status_code == 404
