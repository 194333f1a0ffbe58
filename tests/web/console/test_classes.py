"""Group classes at the desk and online: one block, a list of participants, places told (CAT-02)."""

from __future__ import annotations

import uuid

import pytest
from redis import Redis
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.catalog.models import Service
from app.kernel.tenancy.scope import Scope, scoped
from app.scheduling.models import ClassSession
from tests.factories.cast import Cast
from tests.factories.desk import add_people, book_for
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

CONSOLE = "/movimento/console"


@pytest.fixture
def class_id(session: Session, redis: Redis, scene: Scene, cast: Cast) -> uuid.UUID:
    """A class of eight on the scene's day, with three participants."""
    people = add_people(session, scene.org_id, ["Ana Pop", "Dan Ilie", "Eva Marin"])
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(update(Service).values(kind="group_class", capacity=8))
        session.commit()
    for person in people:
        book_for(session, redis, scene, cast, scene.first_free, person)
    with scoped(session, Scope(org_id=scene.org_id)):
        return session.scalars(select(ClassSession.id)).one()


@pytest.mark.proves("CAT-02", "APT-04")
def test_the_desk_sees_one_block_and_its_participants(
    class_id: uuid.UUID,
    cast: Cast,
    signed_in: SignIn,
    client: BrowserClient,
    count_queries: CountQueries,
) -> None:
    ramona = signed_in(cast.ramona)
    day = ramona.get(f"{CONSOLE}/").text
    assert day.count(f'id="class-{class_id}"') == 1
    assert "3 of 8" in day
    with count_queries() as asked:
        page = ramona.get(f"{CONSOLE}/classes/{class_id}").text
    assert asked.count <= MOST
    for name in ("Ana Pop", "Dan Ilie", "Eva Marin"):
        assert name in page
    assert "Add a participant" in page
    assert page.count(">Check in<") == 3
    assert client.get(f"{CONSOLE}/classes/{class_id}").status_code == 303
    assert ramona.get(f"{CONSOLE}/classes/{uuid.uuid4()}").status_code == 404


@pytest.mark.proves("CAT-02", "APT-03")
def test_a_class_is_called_off_with_a_question_before(
    class_id: uuid.UUID, session: Session, scene: Scene, cast: Cast, signed_in: SignIn
) -> None:
    ramona = signed_in(cast.ramona)
    page = ramona.get(f"{CONSOLE}/classes/{class_id}/cancel").text
    assert "3 appointments are cancelled." in page
    done = ramona.post(f"{CONSOLE}/classes/{class_id}/cancel", data={"reason": "The roof leaks"})
    assert done.status_code == 303
    with scoped(session, Scope(org_id=scene.org_id)):
        rows = session.execute(select(Appointment.state, Appointment.cancellation_reason)).all()
    assert set(rows) == {("cancelled", "The roof leaks")}
    assert "Nobody takes part" in ramona.get(f"{CONSOLE}/classes/{class_id}").text


@pytest.mark.proves("CAT-02", "BOK-01")
@pytest.mark.usefixtures("class_id")
def test_a_guest_sees_how_many_places_are_left(client: BrowserClient) -> None:
    page = client.get("/movimento/book/kinetoterapie").text
    assert "<small>5 places</small>" in page
    assert "<small>8 places</small>" in page


@pytest.mark.proves("CAT-02")
@pytest.mark.usefixtures("class_id")
def test_fewer_places_than_taken_are_refused_beside_the_field(
    scene: Scene, cast: Cast, signed_in: SignIn
) -> None:
    olga = signed_in(cast.olga)
    address = f"{CONSOLE}/services/{scene.service_id}"
    form = {
        "names_en": "Pilates",
        "kind": "group_class",
        "duration_min": "45",
        "step_min": "15",
        "buffer_before_min": "0",
        "buffer_after_min": "15",
        "min_notice_min": "120",
        "horizon_days": "60",
        "cancel_notice_min": "1440",
        "price": "180",
        "currency": "RON",
        "specialists": str(scene.specialist_id),
        "public": "y",
    }
    refused = olga.post(address, data=form | {"capacity": "2"})
    assert refused.status_code == 422
    assert "More places are taken already in a class: 3 Mar 2027, 12:00." in refused.text
    assert olga.post(address, data=form | {"capacity": "1"}).status_code == 422
    therapy = olga.post(address, data=form | {"kind": "therapy", "capacity": "8"})
    assert "Only a group class has several places." in therapy.text
