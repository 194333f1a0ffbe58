"""Specialists of a clinic: profile, signature, sign-in, deactivating and removing without losing a visit."""

from __future__ import annotations

import io
import re
import uuid
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.kernel.blobs.models import Blob
from app.kernel.tenancy.models import Location
from app.kernel.tenancy.scope import Scope, enter, scoped
from app.lib.ids import uuid7
from app.messaging.models import Delivery
from app.people.models import Specialist, Specialty
from app.scheduling.actions import set_override
from app.scheduling.models import Occupancy, Resource
from app.scheduling.queries import calendar_view
from tests.factories.cast import Cast, staff_actor
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.web.console.test_hours import FRIDAY, english, visit

pytestmark = pytest.mark.proves("SPC-01", "SPC-02", "SPC-04")
LIST = "/movimento/console/specialists"
FIELDS = {
    "name": "Ana-Maria Țurcanu",
    "title": "Kinetoterapeut",
    "bio_ro": "Douăzeci de ani de sport.",
    "email": "Ana@Example.com",
    "phone": "0722 333 444",
    "location": "",
    "time_zone": "Europe/Bucharest",
    "new_specialty": "Recuperare sportivă",
}


@pytest.fixture
def olga(signed_in: SignIn, cast: Cast) -> BrowserClient:
    return english(signed_in(cast.olga))


def one(session: Session, scene: Scene, specialist_id: uuid.UUID) -> Specialist:
    enter(session, Scope(org_id=scene.org_id))
    session.expire_all()
    return session.get_one(Specialist, (scene.org_id, specialist_id))


def mine(scene: Scene) -> str:
    return f"{LIST}/{scene.specialist_id}"


def form_of(client: BrowserClient, scene: Scene, **changes: Any) -> dict[str, Any]:
    """The form of Stefan as it is shown, with changes."""
    text = client.get(mine(scene)).text
    mark = text.split('name="seen" type="hidden" value="')[1].split('"')[0]
    place = re.search(r'<option selected value="([0-9a-f-]{36})"', text)
    shown = {"name": "Ștefan Marin", "time_zone": "Europe/Bucharest", "seen": mark}
    return {**shown, "location": place[1] if place else "", **changes}


def test_a_specialist_is_made_with_bookable_time(
    olga: BrowserClient, session: Session, scene: Scene
) -> None:
    answer = olga.post(f"{LIST}/new", data=FIELDS)
    assert answer.status_code == 303, answer.text
    made = one(session, scene, uuid.UUID(answer.location.split("/")[-2]))
    assert (made.slug, made.email, made.phone) == (
        "ana-maria-turcanu",
        "ana@example.com",
        "+40722333444",
    )
    known = select(func.count()).where(Resource.specialist_id == made.id)
    assert session.scalar(known) == 1
    assert session.scalars(select(Specialty.code)).all() == ["recuperare-sportiva"]
    assert "Recuperare sportivă" in olga.get(f"{LIST}?q=sportiva").text
    again = olga.post(f"{LIST}/new", data=FIELDS)
    assert one(session, scene, uuid.UUID(again.location.split("/")[-2])).slug.endswith("-2")
    enter(session, Scope(org_id=scene.org_id))
    assert len(session.scalars(select(Specialty.id)).all()) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": " "}, "Please fill this in."),
        ({"email": "ana@"}, "This is not an e-mail address."),
        ({"phone": "0722 3"}, "This number is too short"),
        ({"time_zone": "Mars/Base"}, "Not a valid choice"),
        ({"location": str(uuid7())}, "Not a valid choice"),
        ({"specialties": str(uuid7())}, "not a valid choice"),
    ],
)
def test_what_cannot_be_is_said_and_typed_words_stay(
    olga: BrowserClient, scene: Scene, change: dict[str, str], sentence: str
) -> None:
    answer = olga.post(f"{LIST}/new", data={**FIELDS, **change})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Douăzeci de ani de sport." in answer.text


def test_in_a_clinic_of_one_place_they_work_there(
    olga: BrowserClient, session: Session, cast: Cast, scene: Scene
) -> None:
    chosen = f'<option selected value="{cast.clinic.location_id}"'
    assert chosen in olga.get(f"{LIST}/new").text
    with scoped(session, Scope(org_id=scene.org_id)):
        session.add(Location(org_id=scene.org_id, name="Nord", time_zone="Europe/Bucharest"))
        session.commit()
    assert chosen not in olga.get(f"{LIST}/new").text, "of two nobody guesses"


def test_without_a_zone_nobody_books_them_online(
    olga: BrowserClient, session: Session, scene: Scene
) -> None:
    assert olga.post(mine(scene), data=form_of(olga, scene, time_zone="")).status_code == 303
    enter(session, Scope(org_id=scene.org_id))
    view = calendar_view(session, scene.org_id, calendar_id=scene.calendar_id)
    assert view.public_people == ()
    assert "Choose the time zone" in olga.get(mine(scene)).text


def test_another_zone_waits_until_no_date_differs(
    olga: BrowserClient, session: Session, cast: Cast, scene: Scene
) -> None:
    enter(session, Scope(org_id=scene.org_id))
    day = FRIDAY.date()
    set_override(session, staff_actor(cast.olga), scene.specialist_id, day, "replace", [], "", NOW)
    session.commit()
    sent = form_of(olga, scene, time_zone="Europe/London")
    refused = olga.post(mine(scene), data=sent)
    assert refused.status_code == 422
    assert "set on the old clock" in refused.text
    clear = {"first": day.isoformat(), "last": day.isoformat(), "kind": "replace"}
    olga.post(f"{mine(scene)}/hours/dates/clear", data=clear)
    assert olga.post(mine(scene), data=sent).status_code == 303
    assert one(session, scene, scene.specialist_id).time_zone == "Europe/London"


def test_two_at_once_the_second_is_told(olga: BrowserClient, scene: Scene) -> None:
    sent = form_of(olga, scene, title="Dr.")
    assert olga.post(mine(scene), data=sent).status_code == 303
    answer = olga.post(mine(scene), data={**sent, "title": "Prof."})
    assert answer.status_code == 409
    assert 'value="Prof."' in answer.text


def picture(kind: str = "PNG") -> io.BytesIO:
    buffer = io.BytesIO()
    Image.new("RGB", (200, 60), "white").save(buffer, kind)
    return io.BytesIO(buffer.getvalue() + b"<script>alert(1)</script>")


def test_a_signature_is_written_anew_shown_and_removed(
    olga: BrowserClient, session: Session, scene: Scene
) -> None:
    sent = {"image": (picture(), "../../me.png")}
    answer = olga.post(f"{mine(scene)}/signature", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 303
    enter(session, Scope(org_id=scene.org_id))
    blob = session.scalars(select(Blob)).one()
    assert blob.mime == "image/png"
    source = re.search(r'<img src="([^"]+)" alt="Signature of', olga.get(mine(scene)).text)
    assert source
    shown = olga.get(source[1].replace("&amp;", "&").replace("http://localhost", ""))
    assert shown.status_code == 200
    assert b"script" not in shown.data
    assert olga.post(f"{mine(scene)}/signature/remove").status_code == 303
    assert "No picture yet." in olga.get(mine(scene)).text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7 startxref %%EOF", "not a picture of an accepted kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture of an accepted kind"),
        (b"\x89PNG\r\n\x1a\nbroken", "damaged"),
        (b"", "Please fill this in."),
    ],
)
def test_what_is_no_signature(
    olga: BrowserClient, session: Session, scene: Scene, content: bytes, sentence: str
) -> None:
    name = "me.png" if content else ""
    answer = olga.post(
        f"{mine(scene)}/signature",
        data={"image": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 422
    assert sentence in answer.text
    assert one(session, scene, scene.specialist_id).signature_blob_id is None


def test_deactivating_lists_the_visits_and_keeps_them(
    olga: BrowserClient, session: Session, cast: Cast, scene: Scene
) -> None:
    visit_id = visit(session, cast, scene, FRIDAY)
    page = olga.get(f"{mine(scene)}/deactivate").text
    assert "1 visit to come stays as it is until you give it to somebody else" in page
    assert str(visit_id) in page
    assert olga.post(f"{mine(scene)}/deactivate").status_code == 303
    assert olga.post(f"{mine(scene)}/deactivate").status_code == 409
    assert "1 visit to come is still with them" in olga.get(mine(scene)).text
    assert str(visit_id) in olga.get(f"{mine(scene)}/deactivate").text
    assert "Ștefan Marin" in olga.get(f"{LIST}?state=inactive").text
    assert olga.get(LIST).text.count("Ștefan Marin") == 0
    assert olga.post(f"{mine(scene)}/activate").status_code == 303
    assert one(session, scene, scene.specialist_id).active


def test_nobody_leaves_while_visits_are_to_come(
    olga: BrowserClient, session: Session, cast: Cast, scene: Scene
) -> None:
    visit_id = visit(session, cast, scene, FRIDAY)
    enter(session, Scope(org_id=scene.org_id))
    number, resource_id = session.execute(select(Resource.number, Resource.id)).one()
    ends = session.get_one(Appointment, (scene.org_id, visit_id)).ends_at
    taken = Occupancy(
        org_id=scene.org_id,
        id=uuid7(),
        resource_id=resource_id,
        resource_number=number,
        starts_at=FRIDAY,
        ends_at=ends,
        visit_starts_at=FRIDAY,
        visit_ends_at=ends,
        kind="appointment",
        reference_id=visit_id,
    )
    session.add(taken)
    session.commit()
    refused = olga.post(f"{mine(scene)}/remove")
    assert refused.status_code == 409
    assert str(visit_id) in refused.text
    enter(session, Scope(org_id=scene.org_id))
    taken.live = False
    session.commit()
    assert olga.post(f"{mine(scene)}/remove").status_code == 303
    assert olga.get(mine(scene)).status_code == 404
    assert one(session, scene, scene.specialist_id).deleted_at == NOW


def test_a_profile_is_given_to_a_colleague_or_to_somebody_invited(
    olga: BrowserClient, session: Session, cast: Cast, scene: Scene
) -> None:
    assert "stefan@example.com" in olga.get(f"{mine(scene)}/login").text
    made = olga.post(f"{LIST}/new", data=FIELDS).location.split("/")[-2]
    login = f"{LIST}/{made}/login"
    page = olga.get(login).text
    assert "stefan@example.com" not in page
    taken = olga.post(login, data={"member": str(cast.stefan.human_id)})
    assert taken.status_code == 422
    role = re.findall(r'<option value="([0-9a-f-]{36})">Reception', page)[0]
    sent = {"email": "ana@example.com", "role": role, "locale": "ro"}
    assert olga.post(f"{login}/invite", data={**sent, "email": "ana"}).status_code == 422
    assert olga.post(f"{login}/invite", data=sent).status_code == 303
    assert "invited, no password yet" in olga.get(login).text
    enter(session, Scope(org_id=scene.org_id))
    templates = session.scalars(select(Delivery.template)).all()
    assert templates == ["staff_invitation"]
    other = olga.post(f"{LIST}/new", data=FIELDS).location.split("/")[-2]
    answer = olga.post(f"{LIST}/{other}/login", data={"member": str(cast.ramona.human_id)})
    assert answer.status_code == 303
    assert one(session, scene, uuid.UUID(other)).human_id == cast.ramona.human_id
    assert (
        olga.post(f"{LIST}/{other}/login", data={"member": str(cast.olga.human_id)}).status_code
        == 409
    )


def test_who_may_not(client: BrowserClient, signed_in: SignIn, cast: Cast, scene: Scene) -> None:
    for address in (
        LIST,
        f"{LIST}/new",
        mine(scene),
        f"{mine(scene)}/login",
        f"{mine(scene)}/remove",
    ):
        assert client.get(address).status_code == 303
        assert signed_in(cast.bogdan).get(address).status_code == 404
        assert signed_in(cast.ramona).get(address).status_code == 403
    olga = signed_in(cast.olga)
    for verb in ("deactivate", "activate", "remove", "signature", "signature/remove", "login"):
        assert olga.post(f"{LIST}/{uuid7()}/{verb}").status_code == 404
    assert signed_in(cast.stefan).post(f"{mine(scene)}/remove").status_code == 403
