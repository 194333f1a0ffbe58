"""Who is known sees their usual specialist's times first, and is given to them (BYD-03, SCH-03)."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from redis import Redis
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.appointments.actions import Wish, cancel, hold_slot
from app.appointments.actions.booking import book
from app.appointments.queries.fairness import standings_of
from app.appointments.rules.continuity import USUAL_DAYS, soon_with
from app.kernel.access.actor import system
from app.kernel.tenancy.scope import Scope, enter, scoped
from app.people.models import Patient
from app.scheduling.actions import set_override
from app.scheduling.models import CalendarSpecialist
from app.scheduling.queries import CalendarView, Slot, calendar_view
from tests.factories.cast import Cast
from tests.factories.desk import add_people, english
from tests.factories.open_clinic import OpenClinic, open_clinic
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

ZONE = "Europe/Bucharest"
SOON = dt.timedelta(days=USUAL_DAYS)
TOMORROW = dt.datetime(2027, 3, 4, 8, 0, tzinfo=dt.UTC)


@pytest.mark.proves("BYD-03")
def test_soon_means_within_a_week() -> None:
    usual, other = uuid.uuid4(), uuid.uuid4()
    slots = [
        Slot(NOW + dt.timedelta(days=1), (other,)),
        Slot(NOW + dt.timedelta(days=2), (other, usual)),
        Slot(NOW + SOON, (usual,)),
        Slot(NOW + SOON + dt.timedelta(minutes=1), (usual,)),
    ]
    assert list(soon_with(slots, usual, NOW)) == slots[1:3]
    assert list(soon_with(slots, None, NOW)) == []
    assert list(soon_with(slots, usual, NOW, 1)) == []
    assert list(soon_with(slots, usual, NOW, 8)) == slots[1:]


@pytest.fixture
def clinic(session: Session) -> OpenClinic:
    made = open_clinic(session, "fidel", now=NOW, specialists=3)
    session.commit()
    enter(session, Scope(org_id=made.id))
    return made


def view(session: Session, clinic: OpenClinic) -> CalendarView:
    enter(session, Scope(org_id=clinic.id))
    return calendar_view(session, clinic.id, calendar_id=clinic.calendar_id)


def test_a_hold_for_somebody_known_is_given_to_whom_they_know(
    session: Session, redis: Redis, clinic: OpenClinic
) -> None:
    (person,) = add_people(session, clinic.id, ["Ana Pop"])
    for usual in clinic.specialist_ids:
        with scoped(session, Scope(org_id=clinic.id)):
            session.execute(
                update(Patient).where(Patient.id == person).values(preferred_specialist_id=usual)
            )
        wish = Wish(TOMORROW, None, "online", ZONE, f"phone-{usual}", patient_id=person)
        held = hold_slot(session, redis, clinic.id, view(session, clinic), wish, now=NOW)
        assert held.assigned.specialist_id == usual
    # Where nobody is known, the strategy decides.
    stranger = Wish(TOMORROW + dt.timedelta(hours=1), None, "online", ZONE, "phone")
    given = hold_slot(session, redis, clinic.id, view(session, clinic), stranger, now=NOW)
    assert given.assigned.reason != "continuity"


@pytest.mark.proves("SCH-03")
def test_a_day_off_and_joining_late_are_no_debt(
    session: Session, redis: Redis, clinic: OpenClinic
) -> None:
    actor = system(clinic.id)
    away, present, _ = clinic.specialist_ids
    people = add_people(session, clinic.id, ["Ana Pop", "Dan Ilie"])
    enter(session, Scope(org_id=clinic.id))
    session.execute(update(CalendarSpecialist).values(created_at=NOW - dt.timedelta(days=90)))
    calendar = view(session, clinic)

    def given(to: uuid.UUID, hour: int, who: int) -> uuid.UUID:
        wish = Wish(TOMORROW + dt.timedelta(hours=hour), to, "phone", ZONE)
        return book(session, redis, actor, calendar, wish, people[who], now=NOW).id

    first = given(present, 0, 0)
    later = NOW + dt.timedelta(minutes=1)
    figures = {one.id: one for one in standings_of(session, clinic.id, calendar, later)}
    assert figures[str(present)].had_min == calendar.offer.duration_min
    assert figures[str(away)].credit_min == 0
    set_override(session, actor, away, NOW.date(), "replace", [], "ill", NOW)
    figures = {one.id: one for one in standings_of(session, clinic.id, calendar, later)}
    assert figures[str(away)].credit_min > 0
    session.execute(
        update(CalendarSpecialist)
        .where(CalendarSpecialist.specialist_id == clinic.specialist_ids[2])
        .values(created_at=NOW + dt.timedelta(seconds=30))
    )
    calendar = view(session, clinic)
    figures = {one.id: one for one in standings_of(session, clinic.id, calendar, later)}
    assert figures[str(clinic.specialist_ids[2])].credit_min > 0
    cancel(session, actor, first, now=NOW)
    figures = {one.id: one for one in standings_of(session, clinic.id, calendar, later)}
    assert figures[str(present)].had_min == 0


@pytest.mark.proves("BYD-03", "PRT-01")
def test_the_page_of_somebody_signed_in_begins_with_whom_they_know(
    session: Session,
    scene: Scene,
    cast: Cast,
    signed_in: SignIn,
    guest: BrowserClient,
    count_queries: CountQueries,
) -> None:
    address = f"/movimento/book/{scene.calendar_slug}"
    petra = english(signed_in(cast.petra))
    assert "whom you know" not in petra.get(address).text
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(
            update(Patient)
            .where(Patient.id == cast.petra.patient_id)
            .values(preferred_specialist_id=scene.specialist_id)
        )
        session.commit()
    with count_queries() as asked:
        page = petra.get(address).text
    assert len([one for one in asked.statements if "set_config" not in one]) <= MOST
    assert "whom you know" in page
    assert page.index("whom you know") < page.index("The first free times")
    assert "whom you know" not in guest.get(address).text
