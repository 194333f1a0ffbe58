"""The services of a clinic: listed, made, changed, ordered, copied, archived; and who may not."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.catalog.models import Service, ServiceSpecialist
from app.kernel.audit.models import AuditEvent
from app.kernel.tenancy.scope import Scope, enter
from app.lib.ids import uuid7
from app.scheduling.queries import calendar_view
from tests.factories.cast import Cast
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn

pytestmark = pytest.mark.proves("CAT-01", "CAT-02", "INT-02")
LIST = "/movimento/console/services"
FIELDS = {
    "names_ro": "Consultație",
    "names_en": "Consultation",
    "descriptions_ro": "O discuție.",
    "kind": "consultation",
    "duration_min": "50",
    "step_min": "15",
    "buffer_before_min": "0",
    "buffer_after_min": "10",
    "min_notice_min": "120",
    "horizon_days": "30",
    "cancel_notice_min": "1440",
    "price": "1,250.50",
    "currency": "RON",
    "public": "y",
}


@pytest.fixture
def olga(signed_in: SignIn, cast: Cast) -> BrowserClient:
    client = signed_in(cast.olga)
    client.set_cookie("lang", "en")
    return client


def stored(session: Session, scene: Scene, service_id: uuid.UUID) -> Service:
    enter(session, Scope(org_id=scene.org_id))
    session.expire_all()
    return session.get_one(Service, (scene.org_id, service_id))


def seen(client: BrowserClient, address: str) -> str:
    text = client.get(address).text
    return text.split('name="seen" type="hidden" value="')[1].split('"')[0]


def test_a_service_is_made_with_its_specialists(
    olga: BrowserClient, session: Session, scene: Scene
) -> None:
    sent = {**FIELDS, "specialists": str(scene.specialist_id)}
    answer = olga.post(f"{LIST}/new", data=sent)
    assert answer.status_code == 303, answer.text
    made = stored(session, scene, uuid.UUID(answer.location.rsplit("/", 1)[1]))
    assert (made.slug, made.duration_min, made.price_minor) == ("consultatie", 50, 125050)
    assert (made.names, made.position) == ({"ro": "Consultație", "en": "Consultation"}, 1)
    assert session.scalar(select(func.count()).where(ServiceSpecialist.service_id == made.id)) == 1
    page = olga.get(answer.location).text
    assert "Nothing yet: open a calendar." in page


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"names_ro": "", "names_en": " "}, "Please fill this in."),
        ({"duration_min": "4"}, "Choose between 5 and 1440."),
        ({"duration_min": "soon"}, "Not a valid integer value."),
        ({"horizon_days": "0"}, "Choose between 1 and 730."),
        ({"price": "1.2.3"}, "This is not an amount."),
        ({"price": "10.505"}, "At most two decimals."),
        ({"price": "-5"}, "Choose between 0 and"),
        ({"kind": "massage"}, "Not a valid choice"),
        ({"currency": "USD"}, "Not a valid choice"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_typed_words_stay(
    olga: BrowserClient, scene: Scene, change: dict[str, str], sentence: str
) -> None:
    answer = olga.post(f"{LIST}/new", data={**FIELDS, **change})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "O discuție." in answer.text


def test_a_change_stands_in_the_trail_before_and_after(
    olga: BrowserClient, session: Session, scene: Scene
) -> None:
    address = f"{LIST}/{scene.service_id}"
    sent = {**FIELDS, "kind": "therapy", "seen": seen(olga, address)}
    assert olga.post(address, data=sent).status_code == 303
    assert stored(session, scene, scene.service_id).duration_min == 50
    found = session.scalars(
        select(AuditEvent).where(AuditEvent.action == "catalog.change_service")
    ).one()
    assert found.before is not None
    assert found.after is not None
    assert (found.before["duration_min"], found.after["duration_min"]) == (45, 50)
    assert found.before["specialist_ids"] == [str(scene.specialist_id)]
    assert found.after["specialist_ids"] == []


def test_two_at_once_the_second_is_told_and_keeps_what_was_typed(
    olga: BrowserClient, session: Session, scene: Scene
) -> None:
    address = f"{LIST}/{scene.service_id}"
    mark = seen(olga, address)
    assert olga.post(address, data={**FIELDS, "seen": mark}).status_code == 303
    answer = olga.post(address, data={**FIELDS, "names_en": "Mine", "seen": mark})
    assert answer.status_code == 409
    assert "Somebody else changed this meanwhile" in answer.text
    assert 'value="Mine"' in answer.text
    again = answer.text.split('name="seen" type="hidden" value="')[1].split('"')[0]
    assert olga.post(address, data={**FIELDS, "names_en": "Mine", "seen": again}).status_code == 303
    assert stored(session, scene, scene.service_id).names["en"] == "Mine"


def test_order_search_and_state(olga: BrowserClient, session: Session, scene: Scene) -> None:
    for name in ("Țesut", "Masaj"):
        olga.post(f"{LIST}/new", data={**FIELDS, "names_ro": name, "names_en": ""})
    page = olga.get(LIST).text
    assert page.index("Physiotherapy") < page.index("Țesut") < page.index("Masaj")
    enter(session, Scope(org_id=scene.org_id))
    last = session.scalars(select(Service.id).where(Service.slug == "masaj")).one()
    assert olga.post(f"{LIST}/{last}/move", data={"step": "-1"}).status_code == 303
    page = olga.get(LIST).text
    assert page.index("Masaj") < page.index("Țesut")
    found = olga.fragment(f"{LIST}?q=tesut").text
    assert "Țesut" in found
    assert "Masaj" not in found
    by_name = olga.get(f"{LIST}?sort=-name").text
    assert by_name.index("Țesut") < by_name.index("Physiotherapy") < by_name.index("Masaj")
    assert olga.get(f"{LIST}?sort=secret").status_code == 422


def test_a_copy_is_not_public_and_has_the_same_people(
    olga: BrowserClient, session: Session, scene: Scene
) -> None:
    answer = olga.post(f"{LIST}/{scene.service_id}/duplicate")
    copy = stored(session, scene, uuid.UUID(answer.location.rsplit("/", 1)[1]))
    assert (copy.public, copy.slug) == (False, "kinetoterapie-2")
    assert copy.names["ro"] == "Kinetoterapie (2)"
    assert session.scalar(select(func.count()).where(ServiceSpecialist.service_id == copy.id)) == 1


def test_archiving_says_first_what_it_does_and_can_be_undone(
    olga: BrowserClient, session: Session, scene: Scene
) -> None:
    address = f"{LIST}/{scene.service_id}/archive"
    assert "1 calendar closes with it: Physiotherapy." in olga.get(address).text
    assert stored(session, scene, scene.service_id).archived_at is None
    assert olga.post(address).status_code == 303
    assert "Physiotherapy" not in olga.get(LIST).text.split('id="list"')[1]
    assert "Physiotherapy" in olga.get(f"{LIST}?state=archived").text
    assert olga.get("/movimento/book/kinetoterapie").status_code == 404
    assert olga.post(address).status_code == 409
    assert olga.post(f"{LIST}/{scene.service_id}/restore").status_code == 303
    enter(session, Scope(org_id=scene.org_id))
    assert calendar_view(session, scene.org_id, slug="kinetoterapie").people


def test_the_preview_leads_to_the_public_page(olga: BrowserClient, scene: Scene) -> None:
    page = olga.get(f"{LIST}/{scene.service_id}").text
    assert "/movimento/book/kinetoterapie" in page
    assert olga.get("/movimento/book/kinetoterapie").status_code == 200


def test_who_may_not(
    client: BrowserClient, signed_in: SignIn, session: Session, cast: Cast, scene: Scene
) -> None:
    addresses = [
        LIST,
        f"{LIST}/new",
        f"{LIST}/{scene.service_id}",
        f"{LIST}/{scene.service_id}/archive",
    ]
    for address in addresses:
        assert client.get(address).status_code == 303
        assert signed_in(cast.bogdan).get(address).status_code == 404
        assert signed_in(cast.ramona).get(address).status_code == 403
    theirs = uuid7()
    enter(session, Scope(org_id=cast.other_clinic.id))
    session.execute(
        insert(Service).values(
            org_id=cast.other_clinic.id,
            id=theirs,
            slug="alt",
            names={"ro": "Alt"},
            kind="therapy",
            duration_min=30,
            price_minor=1,
        )
    )
    olga = signed_in(cast.olga)
    assert olga.get(f"{LIST}/{theirs}").status_code == 404
    for verb in ("move", "duplicate", "archive", "restore"):
        assert olga.post(f"{LIST}/{theirs}/{verb}").status_code == 404
    assert olga.post(f"{LIST}/{theirs}", data=FIELDS).status_code == 404


def test_all_that_is_missing_is_said_at_once(olga: BrowserClient, scene: Scene) -> None:
    answer = olga.post(f"{LIST}/new", data={**FIELDS, "names_ro": "", "names_en": "", "price": ""})
    assert answer.status_code == 422
    assert answer.text.count("Please fill this in.") == 4, "two fields, each above and beside it"


def test_a_price_that_is_none_is_said_with_the_rest(olga: BrowserClient, scene: Scene) -> None:
    answer = olga.post(f"{LIST}/new", data={**FIELDS, "duration_min": "-5", "price": "abc"})
    assert answer.status_code == 422
    assert "This is not an amount." in answer.text
    assert "Choose between 5 and 1440." in answer.text
