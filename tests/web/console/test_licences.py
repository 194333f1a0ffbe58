"""Licences of specialists: kept with their scan, warned of, and stopping what they should (SPC-03)."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.tenancy.scope import Scope, scoped
from app.people.models import SpecialistLicence
from app.people.specialists.licences import licences, running_out
from tests.factories.cast import Cast
from tests.factories.forms import png_bytes
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

pytestmark = pytest.mark.proves("SPC-03")
TODAY = NOW.date()
SPECIALISTS = "/movimento/console/specialists"


@pytest.fixture
def olga(cast: Cast, signed_in: SignIn) -> BrowserClient:
    return signed_in(cast.olga)


@pytest.fixture
def address(cast: Cast) -> str:
    return f"/movimento/console/specialists/{cast.stefan.specialist_id}/licences"


def typed(**changes: object) -> dict[str, object]:
    return {
        "number": "OB-4711",
        "body": "OBBCSSR",
        "issued_on": "2024-01-01",
        "expires_on": "2027-04-15",
        **changes,
    }


def test_a_licence_is_kept_with_its_scan_and_taken_off_the_list(
    session: Session,
    cast: Cast,
    olga: BrowserClient,
    address: str,
    count_queries: CountQueries,
) -> None:
    assert "No licence yet" in olga.get(address).text
    scan = (io.BytesIO(png_bytes()), "licence.png")
    kept = olga.post(address, data=typed(scan=scan), content_type="multipart/form-data")
    assert kept.status_code == 303, kept.text
    with count_queries() as asked:
        page = olga.get(address).text
    assert asked.count <= MOST
    assert "OB-4711" in page
    assert "Expires soon" in page
    assert ">Open</a>" in page
    with scoped(session, Scope(org_id=cast.clinic.id)):
        licence_id = session.scalars(select(SpecialistLicence.id)).one()
    gone = olga.post(f"/movimento/console/licences/{licence_id}/remove")
    assert gone.status_code == 303
    assert "No licence yet" in olga.get(address).text
    assert olga.post(f"/movimento/console/licences/{licence_id}/remove").status_code == 404
    with scoped(session, Scope(org_id=cast.clinic.id)):
        assert session.scalars(select(SpecialistLicence.deleted_at)).one() is not None


@pytest.mark.parametrize(
    "change",
    [
        {"number": " "},
        {"body": ""},
        {"expires_on": "2023-12-31"},
        {"expires_on": "soon"},
        {"expires_on": "9999-12-31"},
        {"issued_on": "0026-01-01"},
        {"expires_on": "", "stops_booking": "y"},
        {"scan": (io.BytesIO(b"MZ not a picture"), "licence.png")},
    ],
)
def test_a_wrong_licence_is_told_and_not_kept(
    session: Session, cast: Cast, olga: BrowserClient, address: str, change: dict[str, object]
) -> None:
    answer = olga.post(address, data=typed(**change), content_type="multipart/form-data")
    assert answer.status_code == 422
    with scoped(session, Scope(org_id=cast.clinic.id)):
        assert licences(session, cast.clinic.id) == []


def test_what_runs_out_is_warned_of_and_may_stop_booking(
    session: Session, cast: Cast, olga: BrowserClient, address: str
) -> None:
    for number, last, stops in (
        ("past", "2027-03-02", ""),
        ("today", "2027-03-03", "y"),
        ("soon", "2027-05-01", ""),
        ("later", "2027-05-03", ""),
        ("never", "", ""),
    ):
        form = typed(number=number, expires_on=last, **({"stops_booking": "y"} if stops else {}))
        assert olga.post(address, data=form).status_code == 303
    with scoped(session, Scope(org_id=cast.clinic.id)):
        warned = [one.number for one in running_out(session, cast.clinic.id, TODAY)]
        assert warned == ["past", "today", "soon"]
        session.commit()
    assert "2 licences have run out or soon will" not in olga.get(SPECIALISTS).text
    assert "3 licences have run out or soon will" in olga.get(SPECIALISTS).text


def test_an_expired_licence_stops_booking_until_a_new_one_is_kept(
    scene: Scene, olga: BrowserClient, address: str, client: BrowserClient
) -> None:
    times = "/movimento/book/kinetoterapie"
    assert 'name="start"' in client.get(times).text
    old = typed(number="old", issued_on="2010-01-01", expires_on="2020-01-01")
    olga.post(address, data=old)
    assert 'name="start"' in client.get(times).text  # It does not stop anything.
    olga.post(address, data={**old, "number": "strict", "stops_booking": "y"})
    assert 'name="start"' not in client.get(times).text
    olga.post(address, data=typed(number="new", expires_on="2099-01-01", stops_booking="y"))
    assert 'name="start"' in client.get(times).text


def test_who_may_see_them(
    cast: Cast, client: BrowserClient, signed_in: SignIn, address: str
) -> None:
    assert client.get(address).status_code == 303
    assert signed_in(cast.ramona).get(address).status_code == 403
    assert signed_in(cast.bogdan).get(address).status_code == 404
