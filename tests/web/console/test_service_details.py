"""What a service and its calendars ask and give beside times: rest, forms, documents (CAT-01, CAT-03, FRM-05)."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from redis import Redis
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.catalog.models import Service, ServiceDocument
from app.forms.models import FormInstance
from app.forms.queries import templates
from app.kernel.tenancy.scope import Scope, scoped
from app.scheduling.models import Calendar
from app.web.http.visit_links import visit_token
from tests.factories.cast import Cast
from tests.factories.desk import Booked, book_for
from tests.factories.forms import Desk, png_bytes
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock
from tests.support.outbox import DrainOutbox

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def olga(cast: Cast, signed_in: SignIn) -> BrowserClient:
    return signed_in(cast.olga)


@pytest.mark.proves("CAT-03", "SCH-02")
@pytest.mark.parametrize(("own", "offered"), [(None, False), (15, True)])
def test_rest_between_visits_is_the_services_unless_the_calendar_has_its_own(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    client: BrowserClient,
    own: int | None,
    offered: bool,
) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(update(Service).values(cooldown_min=60, buffer_after_min=0))
        session.execute(update(Calendar).values(cooldown_min=own))
        session.commit()
    visit = book_for(session, redis, scene, cast, scene.first_free + 3 * HOUR)
    # A quarter of an hour after the end of the visit.
    start = int((visit.ends_at + HOUR / 4).timestamp()) // 60
    page = client.get("/movimento/book/kinetoterapie?day=2027-03-03").text
    assert (f'value="{start}"' in page) is offered


@pytest.mark.proves("CAT-03", "FRM-05")
def test_a_calendars_forms_are_opened_once_for_who_books(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    desk: Desk,
    olga: BrowserClient,
    clock: FrozenClock,
    drain_outbox: DrainOutbox,
) -> None:
    address = f"/movimento/console/calendars/{scene.calendar_id}/forms"
    with scoped(session, Scope(org_id=scene.org_id)):
        first = templates(session, scene.org_id)[0]
        session.commit()
    assert olga.get(address).status_code == 200
    assert olga.post(address, data={"forms": ["nothing"]}).status_code == 422
    assert olga.post(address, data={"forms": [str(first.id)]}).status_code == 303
    for hours in (0, 4):
        book_for(session, redis, scene, cast, scene.first_free + hours * HOUR)
    clock.advance(seconds=25)
    drain_outbox()
    with scoped(session, Scope(org_id=scene.org_id)):
        opened = session.scalars(
            select(FormInstance).where(FormInstance.patient_id == cast.petra.patient_id)
        ).all()
    assert [one.template_version_id for one in opened] == [first.version_id]
    assert opened[0].appointment_id is not None


@pytest.mark.proves("CAT-01")
def test_patients_read_the_documents_of_the_service(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    olga: BrowserClient,
    client: BrowserClient,
) -> None:
    address = f"/movimento/console/services/{scene.service_id}/documents"
    assert "No document yet" in olga.get(address).text
    file = (io.BytesIO(png_bytes()), "prepare.png")
    form = {"names_en": "How to prepare", "file": file}
    kept = olga.post(address, data=form, content_type="multipart/form-data")
    assert kept.status_code == 303, kept.text
    visit = book_for(session, redis, scene, cast)
    page = client.get(visit_address(client, visit)).text
    assert "How to prepare" in page
    with scoped(session, Scope(org_id=scene.org_id)):
        document_id = session.scalars(select(ServiceDocument.id)).one()
    remove = f"/movimento/console/service-documents/{document_id}/remove"
    assert olga.post(remove).status_code == 303
    assert olga.post(remove).status_code == 404
    assert "How to prepare" not in client.get(visit_address(client, visit)).text


@pytest.mark.proves("CAT-01")
@pytest.mark.parametrize(
    "form",
    [
        {"names_en": "", "file": (io.BytesIO(png_bytes()), "a.png")},
        {"names_en": "No file"},
        {"names_en": "A program", "file": (io.BytesIO(b"MZ\x90"), "a.pdf")},
    ],
)
def test_a_wrong_document_is_told(
    scene: Scene, olga: BrowserClient, form: dict[str, object]
) -> None:
    address = f"/movimento/console/services/{scene.service_id}/documents"
    assert olga.post(address, data=form, content_type="multipart/form-data").status_code == 422


def visit_address(client: BrowserClient, visit: Booked) -> str:
    settings = client.application.config["SETTINGS"]
    return f"/movimento/v/{visit_token(settings, visit.id)}"
