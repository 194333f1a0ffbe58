"""The waiting list on the desk and on the patient's phone, without script."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from redis import Redis
from sqlalchemy.orm import Session

from app.appointments.actions import cancel
from app.kernel.tenancy.scope import Scope, scoped
from app.scheduling.actions import set_override
from app.waiting.actions import JoinWish, join
from app.waiting.queries import waiting
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import Booked, add_people, book_for
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock
from tests.support.outbox import DrainOutbox
from tests.support.queries import MOST, CountQueries

pytestmark = pytest.mark.proves("SCH-08", "BYD-04")
JOIN = "/movimento/book/kinetoterapie/waiting"
LIST = "/movimento/console/waiting"
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


@pytest.fixture
def visit(session: Session, redis: Redis, scene: Scene, cast: Cast) -> Booked:
    return book_for(session, redis, scene, cast)


def test_a_guest_joins_is_offered_and_takes_it(
    session: Session,
    scene: Scene,
    cast: Cast,
    client: BrowserClient,
    signed_in: SignIn,
    clock: FrozenClock,
    drain_outbox: DrainOutbox,
) -> None:
    assert JOIN in client.get("/movimento/book/kinetoterapie").text
    assert client.get(JOIN).status_code == 200
    joined = client.post(JOIN, data=FORM)
    assert joined.status_code == 303
    place = joined.headers["Location"]
    page = client.get(place).text
    assert "You are on the list" in page
    assert "Anyone · Mon, Tue, Wed, Thu, Fri · morning, afternoon" in page
    drain_outbox()  # There is free time at once, so it is offered at once.
    page = client.get(place).text
    offer = re.search(r'href="(/movimento/o/[^"]+)"', page)
    assert offer
    shown = client.get(offer[1]).text
    assert "This time is free for you" in shown
    # 12:00 itself must be booked two hours before, which is now; 12:15 leaves a quarter of an hour to answer.
    assert "Wednesday, 3 March 2027, 12:15–13:00" in shown
    assert "until 10:15" in shown
    day = signed_in(cast.ramona).get("/movimento/console/").text
    assert "Offered to the waiting list" in day
    taken = client.post(f"{offer[1]}/accept")
    assert taken.status_code == 303
    assert "/movimento/v/" in taken.headers["Location"]
    assert client.post(f"{offer[1]}/accept").headers["Location"] == taken.headers["Location"]
    assert client.get(offer[1]).status_code == 303
    assert "You have booked" in client.get(place).text


def test_an_offer_that_is_over_says_so_and_changes_nothing(
    client: BrowserClient, clock: FrozenClock, drain_outbox: DrainOutbox, scene: Scene
) -> None:
    place = client.post(JOIN, data=FORM).headers["Location"]
    drain_outbox()
    found = re.search(r'href="(/movimento/o/[^"]+)"', client.get(place).text)
    assert found
    clock.advance(minutes=61)
    assert "This time is gone" in client.get(found[1]).text
    late = client.post(f"{found[1]}/accept")
    assert late.status_code == 409
    assert "You are still on the list" in late.text


def test_declining_and_leaving_are_one_tap_each(
    client: BrowserClient, drain_outbox: DrainOutbox, scene: Scene
) -> None:
    place = client.post(JOIN, data=FORM).headers["Location"]
    drain_outbox()
    found = re.search(r'href="(/movimento/o/[^"]+)"', client.get(place).text)
    assert found
    assert client.post(f"{found[1]}/decline").status_code == 303
    assert "You let this time go" in client.get(found[1]).text
    assert client.post(f"{place}/leave").status_code == 303
    assert "You are no longer on the list" in client.get(place).text
    assert client.post(f"{place}/back").status_code == 303
    assert "You are on the list" in client.get(place).text


@pytest.mark.parametrize(
    "change",
    [
        {"weekdays": []},
        {"first_day": "2027-04-02", "last_day": "2027-04-01"},
        {"phone": "12"},
        {"texts": ""},
    ],
)
def test_a_wrong_wish_keeps_what_was_typed(
    client: BrowserClient, scene: Scene, change: dict[str, object]
) -> None:
    answer = client.post(JOIN, data={**FORM, **change})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert 'value="ana@example.com"' in answer.text


@pytest.mark.parametrize("path", ["/movimento/w/nonsense", "/movimento/o/" + "0" * 22])
def test_a_link_that_leads_nowhere(client: BrowserClient, scene: Scene, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_desk_orders_offers_and_removes(
    session: Session,
    scene: Scene,
    cast: Cast,
    client: BrowserClient,
    signed_in: SignIn,
    visit: Booked,
    count_queries: CountQueries,
) -> None:
    ramona = signed_in(cast.ramona)
    assert "Nobody waits" in ramona.get(LIST).text
    form = f"/movimento/console/patients/{visit.patient_id}/wait"
    assert ramona.get(form).status_code == 200
    wish = {
        "calendar": str(scene.calendar_id),
        "specialist": "",
        "weekdays": ["0"],
        "parts": ["2"],
    }
    assert ramona.post(form, data=wish).status_code == 303
    assert ramona.post(form, data={**wish, "weekdays": []}).status_code == 422
    far = ramona.post(form, data={**wish, "last_day": "9999-12-31"})
    assert (far.status_code, "This date cannot be right" in far.text) == (422, True)
    with scoped(session, Scope(org_id=scene.org_id)):
        [entry] = waiting(session, scene.org_id)
    with count_queries() as asked:
        page = ramona.get(LIST).text
    assert asked.count <= MOST
    assert "Petra" in page
    assert "Mon · evening" in page
    offers = ramona.get(f"{LIST}/{entry.id}/offer")
    assert "Nothing that they wish for is free" not in offers.text
    assert ramona.post(form, data={**wish, "weekdays": ["6"]}).status_code == 303
    assert "Nothing that they wish for is free" in ramona.get(f"{LIST}/{entry.id}/offer").text
    start = re.search(r'name="start" value="(\d+)"', offers.text)
    assert start
    done = ramona.post(f"{LIST}/{entry.id}/offer", data={"start": start[1]})
    assert done.status_code == 303
    again = ramona.post(f"{LIST}/{entry.id}/offer", data={"start": start[1]})
    assert again.status_code == 409
    assert "not answered yet" in again.text
    assert ramona.post(f"{LIST}/{entry.id}/forward").status_code == 303
    assert "Brought forward" in ramona.get(LIST).text
    assert ramona.post(f"{LIST}/{entry.id}/in-turn").status_code == 303
    assert "Brought forward" not in ramona.get(LIST).text
    gone = ramona.post(f"{LIST}/{entry.id}/remove", headers={"HX-Request": "true"})
    assert f'action="{LIST}/{entry.id}/back"' in gone.text
    assert gone.headers["HX-Trigger"] == "live:waiting"
    ended = ramona.get(f"{LIST}?state=ended").text
    assert "Put back" in ended
    assert "Withdrawn" in ended
    assert ramona.post(f"{LIST}/{entry.id}/back").status_code == 303
    assert client.get(LIST).status_code == 303
    assert signed_in(cast.bogdan).get(LIST).status_code == 404


def test_the_list_is_filtered_ordered_and_paged(
    session: Session, scene: Scene, cast: Cast, signed_in: SignIn, count_queries: CountQueries
) -> None:
    people = add_people(session, scene.org_id, [f"Person {n:02}" for n in range(30)])
    with scoped(session, Scope(org_id=scene.org_id)):
        for number, person in enumerate(reversed(people)):
            wish = JoinWish(scene.calendar_id, "Europe/Bucharest", "phone")
            at = NOW + dt.timedelta(minutes=number)
            join(session, staff_actor(cast.ramona), person, wish, now=at)
        session.commit()
    ramona = signed_in(cast.ramona)
    with count_queries() as asked:
        page = ramona.get(LIST).text
    assert asked.count <= MOST
    assert page.count("Person ") == 25
    assert page.index("Person 29") < page.index("Person 28")
    assert ramona.get(f"{LIST}?page=2").text.count("Person ") == 5
    by_name = ramona.get(f"{LIST}?sort=patient").text
    assert by_name.index("Person 00") < by_name.index("Person 01")
    assert ramona.get(f"{LIST}?sort=nonsense").status_code == 422
    assert "Person" not in ramona.get(f"{LIST}?calendar={people[0]}").text


def test_the_desk_answers_for_who_calls(
    session: Session,
    scene: Scene,
    cast: Cast,
    client: BrowserClient,
    signed_in: SignIn,
    drain_outbox: DrainOutbox,
) -> None:
    client.post(JOIN, data=FORM)
    client.post(JOIN, data={**FORM, "name": "Vlad Marin", "email": "v@example.com"})
    drain_outbox()
    ramona = signed_in(cast.ramona)
    taken, withdrawn = re.findall(r'action="([^"]+/take)"', ramona.get(LIST).text)
    done = ramona.post(taken)
    assert "/console/visits/" in done.headers["Location"]
    assert ramona.post(taken).headers["Location"] == done.headers["Location"]
    assert ramona.post(withdrawn.replace("/take", "/withdraw")).status_code == 303
    late = ramona.post(withdrawn, headers={"HX-Request": "true"})
    assert late.status_code == 409
    with scoped(session, Scope(org_id=scene.org_id)):
        [entry] = waiting(session, scene.org_id)
    assert entry.patient_name == "Vlad Marin"
    assert signed_in(cast.bogdan).post(withdrawn).status_code == 404


def test_an_offer_that_cannot_be_kept_is_taken_back_and_the_place_stays(
    session: Session, scene: Scene, cast: Cast, client: BrowserClient, drain_outbox: DrainOutbox
) -> None:
    place = client.post(JOIN, data=FORM).headers["Location"]
    drain_outbox()
    found = re.search(r'href="(/movimento/o/[^"]+)"', client.get(place).text)
    assert found
    with scoped(session, Scope(org_id=scene.org_id)):
        args = (scene.specialist_id, NOW.date(), "replace", [], "ill", NOW)
        set_override(session, staff_actor(cast.olga), *args)
        session.commit()
    assert client.post(f"{found[1]}/accept").headers["Location"] == found[1]
    page = client.get(found[1]).text
    assert "cannot keep this time any more" in page
    assert "still on the list at your place" in page
    assert "You are on the list" in client.get(place).text


def test_the_number_beside_the_entry_of_the_navigation(
    session: Session, scene: Scene, cast: Cast, client: BrowserClient, signed_in: SignIn
) -> None:
    ramona = signed_in(cast.ramona)
    assert f'hx-get="{LIST}/number"' in ramona.get(LIST).text
    assert 'class="count"' not in ramona.get(f"{LIST}/number").text
    client.post(JOIN, data=FORM)
    assert '<span class="count">1</span>' in signed_in(cast.ramona).get(f"{LIST}/number").text


def test_a_cancelled_visit_reaches_who_waits(
    session: Session,
    cast: Cast,
    scene: Scene,
    visit: Booked,
    client: BrowserClient,
    clock: FrozenClock,
    drain_outbox: DrainOutbox,
) -> None:
    # Only the time of the visit suits: that day, before one o'clock, with everything else that day taken away.
    place = client.post(
        JOIN,
        data={**FORM, "parts": ["1"], "first_day": "2027-03-03", "last_day": "2027-03-03"},
    ).headers["Location"]
    with scoped(session, Scope(org_id=scene.org_id)):
        cancel(session, staff_actor(cast.ramona), visit.id, now=NOW)
        session.commit()
    clock.advance(seconds=25)
    drain_outbox()
    assert "See the offer" in client.get(place).text
