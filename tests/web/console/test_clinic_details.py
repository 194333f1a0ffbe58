"""What patients read of a clinic is corrected by the clinic itself."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.audit.models import AuditEvent
from app.kernel.tenancy.models import Organization
from app.kernel.tenancy.scope import Scope, enter
from tests.factories.cast import Cast
from tests.support.browser_client import BrowserClient, SignIn
from tests.web.console.test_hours import english

pytestmark = pytest.mark.proves("TEN-01")
PAGE = "/movimento/console/clinic"
TYPED = {
    "name": "Movimento Nord",
    "tagline_ro": "Mișcare fără durere",
    "tagline_en": "",
    "phone": "0264 123 456",
    "email": "contact@movimento.ro",
    "website": "movimento.ro/despre/",
    "accent": "#1D4ED8",
}


@pytest.fixture
def olga(signed_in: SignIn, cast: Cast) -> BrowserClient:
    return english(signed_in(cast.olga))


def mark(olga: BrowserClient) -> str:
    return olga.get(PAGE).text.split('name="seen" type="hidden" value="')[1].split('"')[0]


def stored(session: Session, cast: Cast) -> Organization:
    enter(session, Scope(org_id=cast.clinic.id))
    session.expire_all()
    return session.get_one(Organization, cast.clinic.id)


def test_patients_read_what_was_saved(olga: BrowserClient, session: Session, cast: Cast) -> None:
    seen = mark(olga)
    assert olga.post(PAGE, data={**TYPED, "seen": seen}).status_code == 303
    here = stored(session, cast)
    assert (here.phone, here.accent) == ("+40264123456", "#1d4ed8")
    assert here.website == "https://movimento.ro/despre"
    text = olga.get("/movimento/").text
    assert "Movimento Nord" in text
    assert "https://movimento.ro/despre" in text
    enter(session, Scope(org_id=cast.clinic.id))
    told = session.scalars(select(AuditEvent).where(AuditEvent.action == "clinic.change")).one()
    assert told.after is not None
    assert told.after["name"] == "Movimento Nord"
    late = olga.post(PAGE, data={**TYPED, "name": "Movimento Sud", "seen": seen})
    assert late.status_code == 409
    assert 'value="Movimento Sud"' in late.text, "nothing that was typed is lost"
    assert stored(session, cast).name == "Movimento Nord"


def test_all_that_is_wrong_is_said_at_once(
    olga: BrowserClient, session: Session, cast: Cast
) -> None:
    before = stored(session, cast).name
    wrong = {
        "name": "x" * 10_000,
        "phone": "abc",
        "email": "nobody",
        "website": "javascript:alert(1)",
        "accent": "red",
    }
    answer = olga.post(PAGE, data={**TYPED, **wrong, "seen": mark(olga)})
    assert answer.status_code == 422
    for words in (
        "At most 120",
        "not a phone number",
        "not an e-mail",
        "not the address of a page",
    ):
        assert words in answer.text
    assert 'value="javascript:alert(1)"' in answer.text
    answer = olga.post(PAGE, data={**TYPED, "accent": "red", "seen": mark(olga)})
    assert (answer.status_code, "choose a colour" in answer.text) == (422, True)
    assert stored(session, cast).name == before


def test_only_who_runs_the_clinic(signed_in: SignIn, cast: Cast) -> None:
    assert signed_in(cast.ramona).get(PAGE).status_code == 403
    assert signed_in(cast.ramona).post(PAGE, data=TYPED).status_code == 403
