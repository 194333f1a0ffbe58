"""This and all following: moved all or none with conflicts in sight, restored after cancelling, told in one message."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment, AppointmentChange
from app.kernel.tenancy.scope import Scope, scoped
from app.messaging.models import Delivery
from tests.factories.cast import Cast
from tests.factories.desk import add_people, book_for
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock
from tests.support.outbox import DrainOutbox
from tests.support.queries import CountQueries

pytestmark = pytest.mark.proves("BYD-03", "BYD-05", "BOK-04")
BUCHAREST = ZoneInfo("Europe/Bucharest")
# Mondays at ten and Thursdays at half past four, over the change of the clocks of 28 March.
PATTERN = {
    "specialist": "",
    "weekdays": ["0", "3"],
    "time": "10:00",
    "time_3": "11:30",
    "first_day": "2027-03-18",
    "count": "6",
}
# The same visits from the third on, on Tuesdays at eleven and Thursdays at nine.
LATER = {
    "since": "3",
    "specialist": "",
    "weekdays": ["1", "3"],
    "time": "11:00",
    "time_3": "09:00",
    "first_day": "2027-03-25",
}
PICK = re.compile(r'name="(visit-\d+)" value="([^"]*)" checked')
VERSION = re.compile(r'name="(version-\d+)" value="(\d+)"')
FIRST_LATER = dt.datetime(2027, 3, 25, 9, 0, tzinfo=BUCHAREST)


@pytest.fixture
def ramona(cast: Cast, signed_in: SignIn) -> BrowserClient:
    return signed_in(cast.ramona)


@pytest.fixture
def course(cast: Cast, scene: Scene, ramona: BrowserClient) -> str:
    """The address of a booked course of six visits."""
    address = f"/movimento/console/patients/{cast.petra.patient_id}/course"
    pattern = {**PATTERN, "calendar": str(scene.calendar_id)}
    picked = dict(PICK.findall(ramona.post(address, data=pattern).text))
    assert all(picked.values())
    booked = ramona.post(address, data={**pattern, **picked, "do": "book"})
    return str(booked.headers["Location"])


def visits(session: Session, scene: Scene) -> list[Appointment]:
    session.expire_all()
    with scoped(session, Scope(org_id=scene.org_id)):
        query = select(Appointment).where(Appointment.course_id.is_not(None))
        return list(session.scalars(query.order_by(Appointment.course_number)))


def told(session: Session, scene: Scene, channel: str = "email") -> list[Delivery]:
    session.expire_all()
    with scoped(session, Scope(org_id=scene.org_id)):
        query = select(Delivery).where(Delivery.channel == channel)
        return list(session.scalars(query.order_by(Delivery.created_at)))


def walls(found: list[Appointment]) -> list[str]:
    return [f"{one.starts_at.astimezone(BUCHAREST):%a %d %H:%M}" for one in found]


def seen(page: str) -> dict[str, str]:
    """What a preview sends when nothing is touched."""
    return {**dict(PICK.findall(page)), **dict(VERSION.findall(page))}


def test_each_day_of_the_week_has_its_own_time(
    session: Session, scene: Scene, course: str, ramona: BrowserClient
) -> None:
    assert walls(visits(session, scene)) == [
        "Thu 18 11:30",
        "Mon 22 10:00",
        "Thu 25 11:30",
        "Mon 29 10:00",
        "Thu 01 11:30",
        "Mon 05 10:00",
    ]
    form = ramona.get(f"{course}/move?since=3").text
    assert "Move 4 visits of Petra" in form
    assert re.search(r'name="time"[^>]*value="10:00"', form)
    assert re.search(r'name="time_3"[^>]*value="11:30"', form)


def test_this_and_all_following_move_together_and_are_told_once(
    session: Session,
    scene: Scene,
    course: str,
    ramona: BrowserClient,
    clock: FrozenClock,
    drain_outbox: DrainOutbox,
) -> None:
    clock.advance(seconds=25)
    drain_outbox()
    page = ramona.post(f"{course}/move", data=LATER).text
    assert "Every visit is free" in page
    assert "is told in one message" in page
    moved = ramona.post(f"{course}/move", data={**LATER, **seen(page), "do": "move"})
    assert moved.status_code == 303
    found = visits(session, scene)
    assert walls(found[:2]) == ["Thu 18 11:30", "Mon 22 10:00"]
    assert walls(found[2:]) == ["Thu 25 09:00", "Tue 30 11:00", "Thu 01 09:00", "Tue 06 11:00"]
    assert found[2].rescheduled_from is not None
    gone = {str(one.id) for one in found[2:]}
    clock.advance(seconds=25)
    drain_outbox()
    letters = told(session, scene)
    assert [one.template for one in letters] == ["course_booked", "course_changed"]
    said = letters[1].context
    assert said["moved"] == 4
    assert [bool(one["before"]) for one in said["visits"]] == [False, False, True, True, True, True]
    events = Calendar.from_ical(said["calendar"]["content"]).walk("VEVENT")
    assert {one["UID"].split("@")[0] for one in events} == gone
    drain_outbox()
    assert len(told(session, scene)) == 2


def test_a_visit_moved_back_alone_is_news_after_its_course_was_moved(
    session: Session,
    scene: Scene,
    course: str,
    ramona: BrowserClient,
    clock: FrozenClock,
    drain_outbox: DrainOutbox,
) -> None:
    first = visits(session, scene)[2].starts_at
    page = ramona.post(f"{course}/move", data=LATER).text
    ramona.post(f"{course}/move", data={**LATER, **seen(page), "do": "move"})
    clock.advance(seconds=25)
    drain_outbox()
    third = visits(session, scene)[2]
    ramona.post(
        f"/movimento/console/visits/{third.id}/move",
        data={"starts_at": first.isoformat(), "version": str(third.version)},
    )
    clock.advance(seconds=25)
    drain_outbox()
    assert told(session, scene)[-1].template == "booking_moved"


def test_moved_and_moved_back_before_anybody_was_told_is_no_news(
    session: Session,
    scene: Scene,
    course: str,
    ramona: BrowserClient,
    clock: FrozenClock,
    drain_outbox: DrainOutbox,
) -> None:
    clock.advance(seconds=25)
    drain_outbox()
    before = walls(visits(session, scene))
    back = {**PATTERN, "since": "3", "first_day": "2027-03-25"}
    for pattern in (LATER, back):
        page = ramona.post(f"{course}/move", data=pattern).text
        done = ramona.post(f"{course}/move", data={**pattern, **seen(page), "do": "move"})
        assert done.status_code == 303
    assert walls(visits(session, scene)) == before
    clock.advance(seconds=25)
    drain_outbox()
    assert [one.template for one in told(session, scene)] == ["course_booked"]


def test_visits_of_the_course_make_room_for_each_other(
    session: Session, scene: Scene, course: str, ramona: BrowserClient
) -> None:
    """Each visit goes to where the next one stands: their own times count as free."""
    shifted = {**PATTERN, "since": "1", "first_day": "2027-03-22"}
    page = ramona.post(f"{course}/move", data=shifted).text
    assert "Every visit is free" in page
    done = ramona.post(f"{course}/move", data={**shifted, **seen(page), "do": "move"})
    assert done.status_code == 303
    assert walls(visits(session, scene))[:3] == ["Mon 22 10:00", "Thu 25 11:30", "Mon 29 10:00"]


def test_a_conflict_is_seen_before_and_can_be_left_where_it_is(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    course: str,
    ramona: BrowserClient,
) -> None:
    [stranger] = add_people(session, scene.org_id, ["Ion Stranger"])
    book_for(session, redis, scene, cast, FIRST_LATER.astimezone(dt.UTC), stranger)
    page = ramona.post(f"{course}/move", data=LATER).text
    assert "1 visit needs another time" in page
    assert "Has a visit that takes" in page
    assert "Stranger" not in page
    assert re.search(r'name="visit-3" value="\d+:', page)  # The nearest times are offered.
    picked = seen(page)
    assert picked["visit-3"] == ""
    assert ramona.post(f"{course}/move", data={**LATER, **picked, "do": "move"}).status_code == 303
    assert walls(visits(session, scene))[2:4] == ["Thu 25 11:30", "Tue 30 11:00"]


def test_all_or_none_when_a_time_was_taken_meanwhile(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    course: str,
    ramona: BrowserClient,
) -> None:
    before = walls(visits(session, scene))
    picked = seen(ramona.post(f"{course}/move", data=LATER).text)
    [stranger] = add_people(session, scene.org_id, ["Ion Stranger"])
    taken = dt.datetime(2027, 4, 6, 11, 0, tzinfo=BUCHAREST)
    book_for(session, redis, scene, cast, taken.astimezone(dt.UTC), stranger)
    refused = ramona.post(f"{course}/move", data={**LATER, **picked, "do": "move"})
    assert refused.status_code == 409
    assert "6 Apr 2027, 11:00 is not free. Nothing was moved" in refused.text
    assert walls(visits(session, scene)) == before
    with scoped(session, Scope(org_id=scene.org_id)):
        verbs = session.scalars(select(AppointmentChange.verb)).all()
    assert "move" not in verbs


def test_a_visit_that_somebody_changed_meanwhile_stops_the_move(
    session: Session, scene: Scene, course: str, ramona: BrowserClient
) -> None:
    picked = seen(ramona.post(f"{course}/move", data=LATER).text)
    third = visits(session, scene)[2]
    ramona.post(f"/movimento/console/visits/{third.id}/confirm", data={"version": third.version})
    before = walls(visits(session, scene))
    refused = ramona.post(f"{course}/move", data={**LATER, **picked, "do": "move"})
    assert refused.status_code == 409
    assert walls(visits(session, scene)) == before
    # A version that nobody saw moves nothing either.
    forged = {key: value for key, value in picked.items() if not key.startswith("version")}
    assert ramona.post(f"{course}/move", data={**LATER, **forged, "do": "move"}).status_code == 409


def test_a_wrong_pattern_is_told(ramona: BrowserClient, course: str) -> None:
    for change in (
        {"weekdays": []},
        {"time": "25:00"},
        {"time_3": "half past"},
        {"first_day": "soon"},
        {"specialist": "nobody"},
    ):
        answer = ramona.post(f"{course}/move", data={**LATER, **change})
        assert answer.status_code == 422, change


def test_hostile_picks_and_times_that_are_past_move_nothing(
    session: Session, scene: Scene, course: str, ramona: BrowserClient
) -> None:
    picked = seen(ramona.post(f"{course}/move", data=LATER).text)
    before = walls(visits(session, scene))
    who = picked["visit-3"].partition(":")[2]
    for value, status in (("x:y", 303), ("99999999999:1", 303), (f"100:{who}", 409)):
        data = {**LATER, **picked, "do": "move"}
        data |= {f"visit-{number}": value for number in range(3, 7)}
        assert ramona.post(f"{course}/move", data=data).status_code == status
        assert walls(visits(session, scene)) == before


def test_a_cancelled_rest_is_restored_whole_and_told_truly(
    session: Session,
    scene: Scene,
    course: str,
    ramona: BrowserClient,
    clock: FrozenClock,
    drain_outbox: DrainOutbox,
) -> None:
    clock.advance(seconds=25)
    drain_outbox()
    ramona.post(f"{course}/cancel", data={"since": "4", "reason": "moved"})
    page = ramona.get(course).text
    assert "3 visits were cancelled" in page
    at = re.search(r'name="at" value="([^"]+)"', page)
    assert at is not None
    done = ramona.post(f"{course}/restore", data={"at": at[1]})
    assert done.status_code == 303
    assert [one.state for one in visits(session, scene)] == ["upcoming"] * 6
    clock.advance(seconds=25)
    drain_outbox()
    # Cancelled and restored before anybody was told.
    assert [one.template for one in told(session, scene)] == ["course_booked"]
    assert "were cancelled" not in ramona.get(course).text
    ramona.post(f"{course}/cancel", data={"since": "1"})
    clock.advance(seconds=25)
    drain_outbox()
    last = told(session, scene)[-1]
    assert last.template == "course_changed"
    assert len(last.context["cancelled"]) == 6
    assert last.context["visits"] == []


def test_what_is_taken_by_now_is_named_and_the_others_are_restored(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    course: str,
    ramona: BrowserClient,
) -> None:
    ramona.post(f"{course}/cancel", data={"since": "4"})
    gone = visits(session, scene)[4].starts_at
    [stranger] = add_people(session, scene.org_id, ["Ion Stranger"])
    book_for(session, redis, scene, cast, gone, stranger)
    at = re.search(r'name="at" value="([^"]+)"', ramona.get(course).text)
    assert at is not None
    refused = ramona.post(f"{course}/restore", data={"at": at[1]})
    assert refused.status_code == 409
    assert "1 time is no longer free" in refused.text
    assert "1 April" in refused.text
    assert [one.state for one in visits(session, scene)] == ["upcoming"] * 3 + ["cancelled"] * 3
    assert ramona.post(f"{course}/restore", data={"at": at[1], "do": "free"}).status_code == 303
    states = [one.state for one in visits(session, scene)]
    assert states == ["upcoming"] * 4 + ["cancelled", "upcoming"]


def test_a_moment_that_is_none_restores_nothing(ramona: BrowserClient, course: str) -> None:
    for at in ("", "yesterday", "2027-03-18T10:00"):
        assert ramona.post(f"{course}/restore", data={"at": at}).status_code == 404


def test_a_preview_of_many_asks_no_more_than_one_of_few(
    course: str, ramona: BrowserClient, count_queries: CountQueries
) -> None:
    ramona.post(f"{course}/move", data=LATER)
    asked = []
    for since in ("6", "1"):
        with count_queries() as found:
            ramona.post(f"{course}/move", data={**LATER, "since": since})
        asked.append(found.count)
    assert asked[0] == asked[1]


def test_who_may_change_a_course(
    cast: Cast, client: BrowserClient, signed_in: SignIn, course: str
) -> None:
    assert client.get(f"{course}/move").status_code == 303
    stranger = signed_in(cast.bogdan)
    for name in ("move", "cancel", "restore"):
        answer = stranger.post(f"{course}/{name}", data={**LATER, "at": "2027-03-18T10:00+00:00"})
        assert answer.status_code == 404
