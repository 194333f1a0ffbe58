"""Visits in the portal: planned, past, again in one tap, new for oneself or somebody cared for."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from redis import Redis
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.queries import visit_view
from app.kernel.tenancy.scope import Scope, scoped
from app.lib.ids import reference_code, uuid7
from app.messaging.models import Delivery
from app.people.actions import Contact, add_patient, give_login
from app.people.models import Caregiver, Patient, PatientProfile
from app.waiting.models import WaitingEntry
from tests.factories.cast import Cast, Person, staff_actor
from tests.factories.desk import Booked, book_for, english
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock
from tests.support.outbox import DrainOutbox
from tests.support.queries import MOST, CountQueries

pytestmark = pytest.mark.proves("PRT-01", "BYD-03")
PORTAL = "/movimento/portal"
MOTHERS = "carmen.dinu@example.com"
TIMES = "/movimento/book/kinetoterapie"
START = re.compile(r'name="start" value="(\d+)"')
KEY = re.compile(r'name="key" value="([^"]+)"')


@pytest.fixture
def visit(session: Session, redis: Redis, scene: Scene, cast: Cast) -> Booked:
    return book_for(session, redis, scene, cast)


def all_visits(session: Session, scene: Scene) -> list[Appointment]:
    with scoped(session, Scope(org_id=scene.org_id)):
        query = select(Appointment).order_by(Appointment.created_at, Appointment.id)
        return list(session.scalars(query.execution_options(populate_existing=True)))


def tap(browser: BrowserClient, address: str, start: str | None = None) -> str:
    page = browser.get(address).text
    sent = {"start": start or START.findall(page)[0], "key": KEY.findall(page)[0]}
    answer = browser.post(address, data=sent)
    assert answer.status_code == 303, answer.text
    assert browser.post(address, data=sent).headers["Location"] == answer.headers["Location"]
    return str(answer.headers["Location"])


def test_one_tap_books_the_same_again(
    session: Session,
    scene: Scene,
    cast: Cast,
    visit: Booked,
    signed_in: SignIn,
    count_queries: CountQueries,
) -> None:
    petra = english(signed_in(cast.petra))
    address = f"{PORTAL}/visits/{visit.id}/again"
    with count_queries() as asked:
        home = petra.get(f"{PORTAL}/").text
    assert asked.count <= MOST
    assert f'href="{address}"' in home
    with count_queries() as asked:
        offered = petra.get(address).text
    assert asked.count <= MOST
    assert "Ștefan Marin" in offered
    landed = petra.get(tap(petra, address)).text
    assert "You are booked" in landed
    [first, again] = all_visits(session, scene)
    assert (again.patient_id, again.service_id, again.specialist_id, again.channel) == (
        first.patient_id,
        first.service_id,
        first.specialist_id,
        "portal",
    )
    assert again.state == "upcoming"
    assert landed.index("Your new visit") < landed.index("Other visits")


def test_a_time_that_is_gone_books_nothing(
    session: Session, redis: Redis, scene: Scene, cast: Cast, visit: Booked, signed_in: SignIn
) -> None:
    petra = english(signed_in(cast.petra))
    address = f"{PORTAL}/visits/{visit.id}/again"
    page = petra.get(address).text
    start, key = START.findall(page)[0], KEY.findall(page)[0]
    other = cast.david.patient_id
    at = dt.datetime.fromtimestamp(int(start) * 60, dt.UTC)
    book_for(session, redis, scene, cast, at=at, patient_id=other)
    gone = petra.post(address, data={"start": start, "key": key})
    assert gone.status_code == 409
    assert "taken a moment ago" in gone.text
    assert START.findall(gone.text)
    assert len(all_visits(session, scene)) == 2
    assert petra.post(address, data={"start": "x", "key": key}).status_code == 422


def test_visits_are_of_ones_own_only(
    cast: Cast, visit: Booked, signed_in: SignIn, client: BrowserClient
) -> None:
    address = f"{PORTAL}/visits/{visit.id}/again"
    assert client.get(address).status_code == 303
    carmen = signed_in(cast.carmen)
    assert carmen.get(address).status_code == 404
    assert carmen.post(address, data={"start": "1", "key": "k"}).status_code == 404
    assert signed_in(cast.bogdan).get(address).status_code == 404


def test_past_visits_come_page_by_page(
    session: Session,
    scene: Scene,
    cast: Cast,
    visit: Booked,
    signed_in: SignIn,
    count_queries: CountQueries,
) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(
            insert(Appointment),
            [_past(scene, cast.petra, NOW - dt.timedelta(days=days)) for days in range(1, 31)],
        )
        session.commit()
    petra = english(signed_in(cast.petra))
    with count_queries() as asked:
        first = petra.get(f"{PORTAL}/visits").text
    assert asked.count <= MOST
    assert "Planned" in first
    assert first.count("/again") == 25
    assert petra.get(f"{PORTAL}/visits?page=2").text.count("/again") == 5
    assert petra.get(f"{PORTAL}/visits?page=nonsense").status_code == 200
    # The last visit that took place is the one to repeat.
    assert "Book again" in petra.get(f"{PORTAL}/").text


def test_who_is_signed_in_types_nothing_and_lands_in_the_portal(
    session: Session, scene: Scene, cast: Cast, signed_in: SignIn
) -> None:
    petra = english(signed_in(cast.petra))
    assert petra.get(f"{PORTAL}/book").headers["Location"] == "/movimento/"
    details = _held(petra)
    page = petra.get(details).text
    assert "For Petra" in page
    assert 'name="phone"' not in page
    done = petra.post(details, data={"for_whom": str(cast.petra.patient_id), "note": "Knee"})
    assert done.status_code == 303
    assert "You are booked" in petra.get(done.headers["Location"]).text
    assert petra.get(details).headers["Location"] == done.headers["Location"]
    [visit] = all_visits(session, scene)
    assert (visit.patient_id, visit.channel, visit.note) == (
        cast.petra.patient_id,
        "portal",
        "Knee",
    )


def test_a_caregiver_says_for_whom_first_and_it_is_remembered(
    session: Session, scene: Scene, cast: Cast, signed_in: SignIn
) -> None:
    child = _second_child(session, cast)
    carmen = english(signed_in(cast.carmen))
    page = carmen.get(f"{PORTAL}/book").text
    assert "For whom is the visit?" in page
    assert carmen.get(f"{PORTAL}/for/{child}/book").headers["Location"] == "/movimento/"
    details = _held(carmen)
    form = carmen.get(details).text
    assert re.search(rf'value="{child}" checked', form)
    stranger = carmen.post(details, data={"for_whom": str(cast.petra.patient_id)})
    assert stranger.status_code == 422
    done = carmen.post(details, data={"for_whom": str(child)})
    assert done.status_code == 303
    assert "You are booked" in carmen.get(done.headers["Location"]).text
    assert [one.patient_id for one in all_visits(session, scene)] == [child]
    assert carmen.get(f"{PORTAL}/for/{cast.petra.patient_id}/book").status_code == 404


@pytest.mark.proves("SCH-08", "BYD-04")
def test_who_is_signed_in_waits_without_typing_and_finds_the_offer_at_home(
    session: Session,
    scene: Scene,
    cast: Cast,
    signed_in: SignIn,
    clock: FrozenClock,
    drain_outbox: DrainOutbox,
) -> None:
    petra = english(signed_in(cast.petra))
    assert 'name="phone"' not in petra.get(f"{TIMES}/waiting").text
    wish = {"for_whom": str(cast.petra.patient_id), "specialist": ""}
    assert petra.post(f"{TIMES}/waiting", data=wish).status_code == 422
    joined = petra.post(f"{TIMES}/waiting", data={**wish, "weekdays": ["3"], "parts": ["0"]})
    assert joined.status_code == 303
    assert "On the waiting list: Physiotherapy" in petra.get(f"{PORTAL}/").text
    drain_outbox()
    home = petra.get(f"{PORTAL}/").text
    assert "kept for you until" in home
    offer = re.search(r'href="(/movimento/o/[^"]+)"', home)
    assert offer
    taken = petra.post(f"{offer[1]}/accept")
    assert f'href="{PORTAL}/"' in petra.get(taken.headers["Location"]).text
    assert "/movimento/o/" not in petra.get(f"{PORTAL}/").text
    assert f'href="{PORTAL}/"' in petra.get(joined.headers["Location"]).text
    with scoped(session, Scope(org_id=scene.org_id)):
        [entry] = session.scalars(select(WaitingEntry))
        assert (entry.channel, entry.state) == ("portal", "booked")


def _held(browser: BrowserClient) -> str:
    start = re.findall(r'name="start" value="(\d+)"', browser.get(TIMES).text)[0]
    return str(browser.post(TIMES, data={"start": start}).headers["Location"])


def _past(scene: Scene, person: Person, at: dt.datetime) -> dict[str, object]:
    return {
        "org_id": scene.org_id,
        "id": uuid7(),
        "reference": reference_code(),
        "patient_id": person.patient_id,
        "service_id": scene.service_id,
        "calendar_id": scene.calendar_id,
        "specialist_id": scene.specialist_id,
        "starts_at": at,
        "ends_at": at + dt.timedelta(minutes=45),
        "state": "done",
        "channel": "phone",
        "modality": "in_person",
        "time_zone": "Europe/Bucharest",
        "price_minor": 18000,
        "currency": "RON",
        "assignment_reason": "chosen_by_patient",
        "created_at": at,
    }


def _second_child(session: Session, cast: Cast) -> uuid.UUID:
    profile_id, patient_id = uuid7(), uuid7()
    with scoped(session, Scope(org_id=cast.clinic.id, human_id=cast.carmen.human_id)):
        session.execute(
            insert(PatientProfile).values(
                id=profile_id, human_id=None, name="Dora Dinu", created_at=NOW
            )
        )
        session.execute(
            insert(Patient).values(
                org_id=cast.clinic.id,
                id=patient_id,
                profile_id=profile_id,
                name="Dora Dinu",
                search_name="dora dinu",
                search_text="dora dinu",
                onboarded_at=NOW,
            )
        )
        session.execute(
            insert(Caregiver).values(
                id=uuid7(),
                human_id=cast.carmen.human_id,
                profile_id=profile_id,
                relation="parent",
                created_at=NOW,
            )
        )
    session.commit()
    return patient_id


@pytest.mark.proves("KRN-02", "NTF-01")
def test_what_is_booked_for_a_child_is_told_to_whoever_cares_for_them(
    session: Session,
    scene: Scene,
    cast: Cast,
    signed_in: SignIn,
    drain_outbox: DrainOutbox,
) -> None:
    child = _second_child(session, cast)
    with scoped(session, Scope(org_id=scene.org_id)):
        desk = staff_actor(cast.ramona)
        card = add_patient(session, desk, Contact("Carmen Dinu", MOTHERS, "+40722123999"), NOW)
        give_login(session, desk, card, cast.carmen.human_id, NOW)
        session.commit()
    carmen = english(signed_in(cast.carmen))
    done = carmen.post(_held(carmen), data={"for_whom": str(child)})
    assert done.status_code == 303
    drain_outbox()
    with scoped(session, Scope(org_id=scene.org_id)):
        told = session.scalars(select(Delivery).where(Delivery.patient_id == child)).all()
    assert [(one.channel, one.recipient) for one in told] == [("email", MOTHERS)]
    # Who no longer cares for the child is no longer told.
    with scoped(session, Scope(org_id=scene.org_id, human_id=cast.carmen.human_id)):
        session.execute(
            update(Caregiver)
            .where(Caregiver.human_id == cast.carmen.human_id)
            .values(revoked_at=NOW)
        )
        visit = session.scalars(select(Appointment).where(Appointment.patient_id == child)).one()
        assert visit_view(session, scene.org_id, visit.id).patient_email is None
