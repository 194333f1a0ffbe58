"""A visit at the desk: the panel, its steps and their way back, moving, cancelling, and what is refused."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.appointments.actions import Wish, book_as_guest
from app.appointments.models import Appointment
from app.kernel.audit.models import RecordAccess
from app.kernel.tenancy.scope import Scope, scoped
from app.people.actions import checked_contact
from app.people.models import Patient
from app.scheduling.queries import calendar_view
from tests.factories.cast import Cast
from tests.factories.desk import Booked, asked_for, book_for, english, reload
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock
from tests.support.queries import MOST, CountQueries

LATER = dt.datetime(2027, 3, 3, 13, 0, tzinfo=dt.UTC)


@pytest.fixture
def signed_in(signed_in: SignIn) -> SignIn:
    """Everybody of these tests reads English."""
    return lambda person: english(signed_in(person))


@pytest.fixture
def visit(session: Session, redis: Redis, scene: Scene, cast: Cast) -> Booked:
    return book_for(session, redis, scene, cast, note="Genunchi drept")


@pytest.fixture
def desk(signed_in: SignIn, cast: Cast, visit: Booked) -> BrowserClient:
    return signed_in(cast.ramona)


def at(visit: Booked, verb: str = "") -> str:
    return f"/movimento/console/visits/{visit.id}{'/' + verb if verb else ''}"


def undo_of(text: str) -> str:
    found = re.search(r'action="([^"]+version=[^"]+)"', text)
    assert found, "the toast offers the way back"
    return found[1].replace("&amp;", "&")


@pytest.mark.proves("KRN-15")
def test_opening_a_visit_shows_it_and_is_written_down(
    session: Session, desk: BrowserClient, visit: Booked, scene: Scene
) -> None:
    text = desk.get(at(visit)).get_data(as_text=True)
    for words in (
        "Petra Țânțar",
        "Ștefan Marin",
        "Genunchi drept",
        visit.reference,
        "0722 000 111",
    ):
        assert words in text
    panel = desk.fragment(at(visit)).get_data(as_text=True)
    assert "data-panel" in panel
    assert "<!doctype" not in panel
    with scoped(session, Scope(org_id=scene.org_id)):
        looks = session.scalars(select(RecordAccess.patient_id)).all()
    assert looks == [visit.patient_id] * 2


def test_a_visit_asks_little_of_the_database(
    desk: BrowserClient, visit: Booked, count_queries: CountQueries
) -> None:
    with count_queries() as asked:
        desk.fragment(at(visit))
    assert len(asked_for(asked)) <= MOST, "\n".join(asked_for(asked))


@pytest.mark.parametrize("verb", ["", "move", "cancel"])
def test_another_clinic_finds_no_visit(
    signed_in: SignIn, cast: Cast, visit: Booked, verb: str
) -> None:
    stranger = signed_in(cast.bogdan)
    assert stranger.get(at(visit, verb)).status_code == 404
    foreign = at(visit, verb).replace("movimento", "altius")
    assert stranger.get(foreign).status_code == 404


@pytest.mark.proves("APT-04", "BYD-05")
def test_check_in_takes_one_click_and_one_to_take_back(
    session: Session, desk: BrowserClient, visit: Booked
) -> None:
    answer = desk.fragment(at(visit, "check-in"), "POST", data={"version": 0})
    assert answer.status_code == 200
    assert "live:appointments" in answer.headers["HX-Trigger"]
    assert reload(session, visit).checked_in_at == NOW
    back = desk.post(undo_of(answer.get_data(as_text=True)))
    assert back.status_code == 303
    assert reload(session, visit).checked_in_at is None


@pytest.mark.proves("APT-05")
def test_the_day_of_a_visit_without_script(
    session: Session, desk: BrowserClient, visit: Booked, signed_in: SignIn, cast: Cast
) -> None:
    assert desk.post(at(visit, "check-in"), data={"version": 0}).headers["Location"] == at(visit)
    treating = signed_in(cast.stefan)
    assert "Start the visit" in treating.get(at(visit)).get_data(as_text=True)
    treating.post(at(visit, "start"), data={"version": 1})
    treating.post(at(visit, "finish"), data={"version": 2})
    assert reload(session, visit).state == "done"
    text = desk.get(at(visit)).get_data(as_text=True)
    for words in ("Booked", "Arrived", "Visit started", "Visit finished", "Ramona Ene"):
        assert words in text


@pytest.mark.parametrize("version", ["7", "", "x", "-1"])
def test_who_saw_an_older_visit_changes_nothing(
    session: Session, desk: BrowserClient, visit: Booked, version: str
) -> None:
    answer = desk.fragment(
        at(visit, "check-in"), "POST", data={"version": version}, headers={"HX-Target": "panel"}
    )
    assert answer.status_code == 409
    text = answer.get_data(as_text=True)
    assert "Somebody else changed this visit" in text
    assert "Upcoming" in text, "the present state is shown"
    assert reload(session, visit).version == 0
    assert desk.post(at(visit, "check-in"), data={"version": version}).status_code == 409


@pytest.mark.proves("KRN-04")
def test_each_step_needs_its_own_permission(
    session: Session, signed_in: SignIn, cast: Cast, visit: Booked
) -> None:
    specialist = signed_in(cast.stefan)
    assert specialist.post(at(visit, "check-in"), data={"version": 0}).status_code == 403
    assert "Check in" not in specialist.get(at(visit)).get_data(as_text=True)
    assert reload(session, visit).version == 0


@pytest.mark.proves("APT-03", "BYD-05")
def test_cancelling_says_first_what_it_does_and_can_be_taken_back(
    session: Session, desk: BrowserClient, visit: Booked
) -> None:
    asked = desk.fragment(at(visit, "cancel")).get_data(as_text=True)
    assert "petra@example.com" in asked, "who is told"
    assert "becomes free" in asked
    answer = desk.fragment(at(visit, "cancel"), "POST", data={"version": 0, "reason": "răcită"})
    cancelled = reload(session, visit)
    assert (cancelled.state, cancelled.cancellation_reason) == ("cancelled", "răcită")
    desk.post(undo_of(answer.get_data(as_text=True)))
    assert reload(session, visit).state == "upcoming"


@pytest.mark.proves("BYD-05", "SCH-05")
def test_a_cancelled_visit_comes_back_only_while_its_time_is_free(
    session: Session,
    redis: Redis,
    desk: BrowserClient,
    visit: Booked,
    scene: Scene,
    cast: Cast,
) -> None:
    desk.post(at(visit, "cancel"), data={"version": 0})
    book_for(session, redis, scene, cast, patient_id=cast.david.patient_id)
    assert desk.post(at(visit, "restore"), data={"version": 1}).status_code == 409
    assert reload(session, visit).state == "cancelled"


@pytest.mark.proves("APT-05")
def test_a_no_show_can_be_marked_only_after_the_start_and_taken_back(
    session: Session,
    desk: BrowserClient,
    visit: Booked,
    clock: FrozenClock,
    signed_in: SignIn,
    cast: Cast,
) -> None:
    assert desk.post(at(visit, "miss"), data={"version": 0}).status_code == 409
    clock.set(visit.starts_at + dt.timedelta(minutes=10))
    later = signed_in(cast.ramona)
    answer = later.fragment(at(visit, "miss"), "POST", data={"version": 0})
    assert reload(session, visit).state == "no_show"
    later.post(undo_of(answer.get_data(as_text=True)))
    assert reload(session, visit).state == "upcoming"


@pytest.mark.proves("APT-03", "BYD-05")
def test_a_drag_moves_the_visit_and_the_toast_moves_it_back(
    session: Session, desk: BrowserClient, visit: Booked, scene: Scene
) -> None:
    data = {"day": "2027-03-03", "time": "15:00", "specialist": scene.specialist_id, "version": 0}
    answer = desk.fragment(at(visit, "move"), "POST", data=data)
    assert answer.status_code == 200
    assert reload(session, visit).starts_at == LATER
    desk.post(undo_of(answer.get_data(as_text=True)))
    moved = reload(session, visit)
    assert (moved.starts_at, moved.version) == (scene.first_free, 2)


@pytest.mark.proves("BYD-01", "SCH-02")
@pytest.mark.parametrize(
    ("time", "words"),
    [
        ("13:15", "Does not work then"),
        ("17:30", "would end after"),
        ("12:05", "start at set times"),
    ],
)
def test_a_move_that_is_not_possible_says_why(
    session: Session, desk: BrowserClient, visit: Booked, time: str, words: str
) -> None:
    data = {"day": "2027-03-03", "time": time, "version": 0}
    answer = desk.fragment(at(visit, "move"), "POST", data=data)
    assert answer.status_code == 409
    assert words in answer.get_data(as_text=True)
    assert "live:appointments" in answer.headers["HX-Trigger"], "what was dragged falls back"
    assert reload(session, visit).version == 0


@pytest.mark.parametrize(
    "data",
    [
        {"day": "2027-03-03", "time": "09:00"},  # past
        {"day": "2027-03-28", "time": "03:30"},  # the clocks skip it
        {"day": "tomorrow", "time": "noon"},
        {"starts_at": "2027-03-03T13:00:00"},  # no offset
        {},
    ],
)
def test_a_move_to_no_time_at_all_is_refused(
    session: Session, desk: BrowserClient, visit: Booked, data: dict[str, str]
) -> None:
    answer = desk.fragment(at(visit, "move"), "POST", data={"version": 0, **data})
    assert answer.status_code == 422
    assert reload(session, visit).version == 0


def test_moving_from_a_list_of_times_without_script(
    session: Session, desk: BrowserClient, visit: Booked
) -> None:
    text = desk.get(at(visit, "move")).get_data(as_text=True)
    offered = re.findall(r'name="starts_at" value="([^"]+)"', text)
    assert LATER.isoformat() in offered
    assert visit.starts_at.isoformat() not in offered, "where it is already"
    answer = desk.post(at(visit, "move"), data={"version": 0, "starts_at": LATER.isoformat()})
    assert answer.headers["Location"] == at(visit)
    assert reload(session, visit).starts_at == LATER


def test_a_visit_cannot_go_to_somebody_who_does_not_offer_the_service(
    desk: BrowserClient, visit: Booked
) -> None:
    data = {"version": 0, "starts_at": LATER.isoformat(), "specialist": str(uuid.uuid4())}
    assert desk.fragment(at(visit, "move"), "POST", data=data).status_code == 409
    data["specialist"] = "nobody"
    assert desk.fragment(at(visit, "move"), "POST", data=data).status_code == 404


@pytest.mark.proves("APT-05")
def test_a_guest_becomes_a_patient(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        calendar = calendar_view(session, scene.org_id, calendar_id=scene.calendar_id)
        contact = checked_contact("Ana Pop", "ana@example.com", "0722 123 456", "RO")
        wish = Wish(scene.first_free, None, "online", "Europe/Bucharest")
        guest = book_as_guest(
            session, redis, scene.guest, calendar, wish, contact, texts_allowed=True, now=NOW
        )
        guest_id, patient_id = guest.id, guest.patient_id
        session.commit()
    address = f"/movimento/console/visits/{guest_id}"
    desk = signed_in(cast.ramona)
    assert "Guest" in desk.get(address).get_data(as_text=True)
    desk.post(f"{address}/onboard", data={"version": 0})
    with scoped(session, Scope(org_id=scene.org_id)):
        patient = session.get_one(Patient, (scene.org_id, patient_id))
        assert patient.onboarded_at == NOW
        assert session.scalar(select(func.count()).where(Appointment.state == "upcoming")) == 1


@pytest.mark.proves("BYD-01")
def test_why_is_this_time_not_offered(desk: BrowserClient, visit: Booked, scene: Scene) -> None:
    address = f"/movimento/console/why?calendar={scene.calendar_id}&day=2027-03-03"
    assert "takes 12:00 to 13:00" in desk.get(f"{address}&time=12:15").get_data(as_text=True)
    assert "Free with Ștefan Marin" in desk.fragment(f"{address}&time=15:00").get_data(as_text=True)
    assert "past" in desk.get(f"{address}&time=09:00").get_data(as_text=True)
    assert desk.get(f"{address}&time=25:00").status_code == 422
    assert desk.get("/movimento/console/why?calendar=x").status_code == 404
