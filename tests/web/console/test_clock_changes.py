"""The clock-change report in the console: what the next change does to whom (BYD-02)."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from redis import Redis
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.kernel.tenancy.models import Location
from app.kernel.tenancy.scope import Scope, scoped
from app.people.models import Specialist
from tests.factories.cast import Cast
from tests.factories.desk import book_for
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

PATH = "/movimento/console/clock-changes"
# Bucharest changes on 28 March 2027 at 03:00. Monday before at 10:00 there, Monday after at 10:00 and at 11:00.
MONDAY_BEFORE = dt.datetime(2027, 3, 22, 8, 0, tzinfo=dt.UTC)
STEADY = dt.datetime(2027, 3, 29, 7, 0, tzinfo=dt.UTC)
DRIFTED = dt.datetime(2027, 3, 29, 8, 0, tzinfo=dt.UTC)


@pytest.fixture
def ramona(cast: Cast, signed_in: SignIn) -> BrowserClient:
    return signed_in(cast.ramona)


@pytest.mark.proves("BYD-02")
def test_both_sides_of_the_change_and_what_moved(
    session: Session, redis: Redis, scene: Scene, cast: Cast, ramona: BrowserClient
) -> None:
    empty = ramona.get(PATH).text
    assert "On Sunday, 28 March 2027 at 03:00 it becomes 04:00." in empty
    assert "Nothing is booked around it yet." in empty
    book_for(session, redis, scene, cast, MONDAY_BEFORE)
    kept = book_for(session, redis, scene, cast, STEADY)
    page = ramona.get(PATH).text
    assert "Every appointment keeps its time on the clock." in page
    assert page.count("Petra") == 2
    with scoped(session, Scope(org_id=scene.org_id)):
        later = {"starts_at": DRIFTED, "ends_at": DRIFTED + dt.timedelta(minutes=45)}
        session.execute(update(Appointment).where(Appointment.id == kept.id).values(later))
        session.commit()
    page = ramona.get(PATH).text
    assert "1 appointment should be looked at." in page
    assert "Moved by the clocks" in page


@pytest.mark.proves("BYD-02", "SCH-02")
def test_a_patient_elsewhere_sees_another_time(
    session: Session, redis: Redis, scene: Scene, cast: Cast, ramona: BrowserClient
) -> None:
    visit = book_for(session, redis, scene, cast, STEADY)
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(
            update(Appointment)
            .where(Appointment.id == visit.id)
            .values(time_zone="America/New_York")
        )
        session.commit()
    page = ramona.get(PATH).text
    assert "for the patient 03:00, New York" in page
    assert "Another time for the patient" in page
    rows = list(csv.DictReader(io.StringIO(ramona.get(f"{PATH}.csv").text)))
    assert [row["local_time"] for row in rows] == ["2027-03-29 10:00"]
    assert rows[0]["patient_time"] == "2027-03-29 03:00"
    assert rows[0]["findings"] == "patient_shifted"


@pytest.mark.proves("BYD-02")
def test_the_autumn_and_a_place_without_changes(
    session: Session, scene: Scene, ramona: BrowserClient
) -> None:
    autumn = ramona.get(f"{PATH}?change=1").text
    assert "On Sunday, 31 October 2027 at 04:00 it becomes 03:00." in autumn
    for odd in ("?change=99", "?change=-1", "?change=x", "?zone=Mars/Olympus"):
        assert ramona.get(PATH + odd).status_code == 200
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(update(Location).values(time_zone="Asia/Kolkata"))
        session.execute(update(Specialist).values(time_zone="Asia/Kolkata"))
        session.commit()
    assert "The clocks do not change here" in ramona.get(PATH).text
    assert ramona.get(f"{PATH}.csv").status_code == 404


@pytest.mark.proves("KRN-04", "BYD-02")
def test_who_may_look(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    client: BrowserClient,
    signed_in: SignIn,
    ramona: BrowserClient,
    count_queries: CountQueries,
) -> None:
    book_for(session, redis, scene, cast, STEADY)
    assert client.get(PATH).status_code == 303
    assert signed_in(cast.bogdan).get(PATH).status_code == 404
    with count_queries() as asked:
        assert ramona.get(PATH).status_code == 200
    assert asked.count <= MOST
