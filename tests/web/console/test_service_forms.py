"""Forms that a service or one of its calendars asks of whoever books (CAT-01, CAT-03, FRM-05)."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.access.actor import system
from app.kernel.audit.models import AuditEvent
from app.kernel.tenancy.scope import Scope, enter, scoped
from app.scheduling.actions import CalendarDraft, add_calendar, archive_calendar
from app.scheduling.queries.asked_forms import asked_templates, forms_of_service
from tests.factories.cast import Cast
from tests.factories.desk import english
from tests.factories.forms import NOTICE, TREATMENT, Desk
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

CONSOLE = "/movimento/console"


@pytest.fixture
def olga(signed_in: SignIn, cast: Cast, scene: Scene) -> BrowserClient:
    return english(signed_in(cast.olga))


@pytest.fixture
def papers(desk: Desk) -> list[str]:
    """Two form templates of the clinic."""
    enter(desk.session, Scope(org_id=desk.ramona.clinic))
    found = [str(desk.template_id(TREATMENT)), str(desk.template_id(NOTICE))]
    desk.session.commit()
    return found


def open_another(session: Session, scene: Scene, slug: str) -> uuid.UUID:
    with scoped(session, Scope(org_id=scene.org_id)):
        draft = CalendarDraft(
            service_id=scene.service_id, slug=slug, specialist_ids=(scene.specialist_id,)
        )
        made = add_calendar(session, system(scene.org_id), draft, now=NOW)
        session.commit()
    return made


def asked(session: Session, scene: Scene, calendar_id: uuid.UUID) -> set[str]:
    with scoped(session, Scope(org_id=scene.org_id)):
        return set(map(str, asked_templates(session, scene.org_id, calendar_id)))


@pytest.mark.proves("CAT-01", "CAT-03", "FRM-05")
def test_a_service_asks_in_every_calendar_and_one_may_ask_for_more(
    session: Session,
    olga: BrowserClient,
    scene: Scene,
    papers: list[str],
    count_queries: CountQueries,
) -> None:
    address = f"{CONSOLE}/services/{scene.service_id}/forms"
    promo = open_another(session, scene, "promo")
    own = f"{CONSOLE}/calendars/{promo}/forms"
    assert olga.post(own, data={"forms": papers[1:2]}).status_code == 303
    with count_queries() as counted:
        page = olga.get(address)
    assert counted.count <= MOST
    assert "Asked for by some of its calendars already." in page.text
    assert olga.post(address, data={"forms": papers[:1]}).status_code == 303
    assert asked(session, scene, scene.calendar_id) == {papers[0]}
    assert asked(session, scene, promo) == set(papers[:2])
    # A calendar that is opened later asks for the same; what a single one asks is not its business.
    assert asked(session, scene, open_another(session, scene, "vara")) == {papers[0]}
    shown = olga.get(f"{CONSOLE}/services/{scene.service_id}").text
    assert ", in some calendars" in shown
    assert address in shown
    # Taken away from the service, it is gone everywhere; the calendar's own stays.
    # A browser sends at least the field of its token.
    assert olga.post(address, data={"other": "field"}).status_code == 303
    assert asked(session, scene, scene.calendar_id) == set()
    assert asked(session, scene, promo) == {papers[1]}


def test_what_did_not_change_is_not_written_again(
    session: Session, olga: BrowserClient, scene: Scene, papers: list[str]
) -> None:
    address = f"{CONSOLE}/services/{scene.service_id}/forms"
    for _ in range(2):
        assert olga.post(address, data={"forms": papers[:1]}).status_code == 303
    with scoped(session, Scope(org_id=scene.org_id)):
        told = session.scalars(
            select(AuditEvent.id).where(AuditEvent.action == "schedule.ask_for_forms")
        ).all()
    assert len(told) == 1


def test_bad_choices_are_refused_and_a_service_without_calendar_says_what_to_do(
    session: Session, olga: BrowserClient, scene: Scene, papers: list[str]
) -> None:
    address = f"{CONSOLE}/services/{scene.service_id}/forms"
    own = f"{CONSOLE}/calendars/{scene.calendar_id}/forms"
    for wrong in ("junk", str(uuid.uuid4())):
        assert olga.post(address, data={"forms": [wrong]}).status_code == 422
        assert olga.post(own, data={"forms": [wrong]}).status_code == 422
    with scoped(session, Scope(org_id=scene.org_id)):
        archive_calendar(session, system(scene.org_id), scene.calendar_id, now=NOW)
        session.commit()
        assert not forms_of_service(session, scene.org_id, scene.service_id).by_calendar
    assert "Open a calendar" in olga.get(address).text
    assert olga.post(address, data={"forms": papers[:1]}).status_code == 422


@pytest.mark.parametrize("where", ["services/{service}/forms", "calendars/{calendar}/forms"])
def test_only_who_may_change_calendars_of_this_clinic_opens_it(
    client: BrowserClient, signed_in: SignIn, cast: Cast, scene: Scene, where: str
) -> None:
    address = f"{CONSOLE}/" + where.format(service=scene.service_id, calendar=scene.calendar_id)
    assert client.get(address).status_code == 303
    assert signed_in(cast.ramona).get(address).status_code == 403
    assert signed_in(cast.bogdan).get(address).status_code == 404
    missing = f"{CONSOLE}/" + where.format(service=uuid.uuid4(), calendar=uuid.uuid4())
    assert signed_in(cast.olga).get(missing).status_code == 404
