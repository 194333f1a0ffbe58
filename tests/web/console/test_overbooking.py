"""Overbooking at the desk: offered beside the reasons to those who may, marked wherever it shows (SCH-08)."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.kernel.tenancy.scope import Scope, scoped
from tests.factories.cast import Cast
from tests.factories.desk import add_people, asked_for, book_for, english
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

CONSOLE = "/movimento/console"
NEW = f"{CONSOLE}/visits/new"
WHY = "Acute pain, agreed with Stefan"


@pytest.fixture
def owner(
    session: Session, redis: Redis, scene: Scene, cast: Cast, signed_in: SignIn
) -> BrowserClient:
    book_for(session, redis, scene, cast, scene.first_free)
    return english(signed_in(cast.olga))


def typed(session: Session, scene: Scene, **changes: Any) -> dict[str, Any]:
    (person,) = add_people(session, scene.org_id, ["Dan Ilie"])
    fields = {
        "calendar": str(scene.calendar_id),
        "specialist": str(scene.specialist_id),
        "day": "2027-03-03",
        "time": "12:00",
        "patient": str(person),
        "channel": "phone",
        **changes,
    }
    return {"do": "book", **{f"book-{name}": value for name, value in fields.items()}}


def overbooked(session: Session, scene: Scene) -> list[Appointment]:
    with scoped(session, Scope(org_id=scene.org_id)):
        query = select(Appointment).where(Appointment.assignment_reason == "overbooked")
        return list(session.scalars(query))


@pytest.mark.proves("SCH-08", "BOK-04", "BYD-01")
def test_the_panel_offers_it_with_a_reason_to_those_who_may(
    owner: BrowserClient,
    session: Session,
    scene: Scene,
    cast: Cast,
    signed_in: SignIn,
    count_queries: CountQueries,
) -> None:
    there = f"{NEW}?day=2027-03-03&time=12:00&specialist={scene.specialist_id}"
    assert "Why it is put on taken time" in owner.get(there).text
    desk = english(signed_in(cast.ramona))
    assert "Why it is put on taken time" not in desk.get(there).text
    fields = typed(session, scene)
    assert owner.post(NEW, data=fields).status_code == 409
    unsaid = owner.post(NEW, data={**fields, "overbooking": "1", "book-overbook": " "})
    assert unsaid.status_code == 422
    assert "Please fill this in." in unsaid.text
    said = {**fields, "overbooking": "1", "book-overbook": WHY}
    assert desk.post(NEW, data=said).status_code == 403
    assert overbooked(session, scene) == []
    assert owner.post(NEW, data=said).status_code == 303
    (visit,) = overbooked(session, scene)
    with count_queries() as asked:
        page = owner.get(f"{CONSOLE}/visits/{visit.id}").text
    assert len(asked_for(asked)) <= MOST
    assert WHY in page
    assert "put on taken time on purpose" in page
    assert "Overbooked · " in owner.get(f"{CONSOLE}/?date=2027-03-03").text


@pytest.mark.proves("SCH-08", "APT-03", "BYD-01")
def test_a_visit_is_moved_there_after_seeing_why(
    owner: BrowserClient,
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    signed_in: SignIn,
) -> None:
    (person,) = add_people(session, scene.org_id, ["Dan Ilie"])
    visit = book_for(session, redis, scene, cast, scene.first_free.replace(hour=13), person)
    asked = (
        f"{CONSOLE}/why?calendar={scene.calendar_id}&specialist={scene.specialist_id}"
        f"&visit={visit.id}&day=2027-03-03&time=12:00"
    )
    assert "Move it there all the same" in owner.get(asked).text
    desk = english(signed_in(cast.ramona))
    assert "Move it there all the same" not in desk.get(asked).text
    target = {
        "starts_at": scene.first_free.isoformat(),
        "specialist": str(scene.specialist_id),
        "version": "0",
        "overbook": WHY,
    }
    assert desk.post(f"{CONSOLE}/visits/{visit.id}/move", data=target).status_code == 403
    assert owner.post(f"{CONSOLE}/visits/{visit.id}/move", data=target).status_code == 303
    (moved,) = overbooked(session, scene)
    assert (moved.id, moved.starts_at) == (visit.id, scene.first_free)


@pytest.mark.proves("SCH-08", "APT-03", "BYD-01")
def test_a_drag_onto_taken_time_says_why_and_what_can_be_done(
    owner: BrowserClient,
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    signed_in: SignIn,
    count_queries: CountQueries,
) -> None:
    (person,) = add_people(session, scene.org_id, ["Dan Ilie"])
    visit = book_for(session, redis, scene, cast, scene.first_free.replace(hour=13), person)
    there = {"day": "2027-03-03", "time": "12:15", "specialist": str(scene.specialist_id)}
    url = f"{CONSOLE}/visits/{visit.id}/move"
    desk = english(signed_in(cast.ramona))
    refused = desk.fragment(url, "POST", data={**there, "version": "0"})
    assert (refused.status_code, refused.headers["HX-Retarget"]) == (409, "#panel")
    assert "Has a visit that takes 12:00 to 13:00" in refused.text
    assert "2027-03-03T12:00:00+00:00" in refused.text, "a free time of the same day"
    assert "all the same" not in refused.text
    assert desk.post(url, data={**there, "version": "0"}).status_code == 409, "without script"
    owner.fragment(url, "POST", data={**there, "version": "0"})
    with count_queries() as asked:
        offered = owner.fragment(url, "POST", data={**there, "version": "0"}).text
    assert "Move it there all the same" in offered
    assert "2027-03-03T10:15:00+00:00" in offered
    said = {**there, "version": "0", "overbook": WHY}
    moved = owner.fragment(url, "POST", data=said, headers={"HX-Target": "panel"})
    assert moved.status_code == 200
    assert "moved to" in moved.text
    assert [one.id for one in overbooked(session, scene)] == [visit.id]
    assert signed_in(cast.bogdan).post(url, data=said).status_code == 404
    assert len(asked_for(asked)) <= MOST, "the attempt, and then why"
