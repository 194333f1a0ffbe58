"""Forms that a calendar asks for: whoever booked is told of them, and led to them from their own mailbox."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.tenancy.scope import Scope, enter, scoped
from app.messaging import sealed
from app.messaging.models import Delivery
from app.scheduling.actions.asked_forms import ask_for_forms
from tests.factories.forms import NOTICE, TREATMENT, Desk
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.outbox import DrainOutbox
from tests.support.queries import MOST, CountQueries
from tests.web.booking.walking import TIMES, book, starts, text_of

BUTTON = "E-mail me the link to fill in"


@pytest.fixture
def asking(scene: Scene, desk: Desk) -> Scene:
    """A calendar that asks for the consent to treatment and the notice on data."""
    enter(desk.session, Scope(org_id=scene.org_id))
    wanted = [desk.template_id(TREATMENT), desk.template_id(NOTICE)]
    ask_for_forms(desk.session, desk.ramona, scene.calendar_id, wanted, now=NOW)
    desk.session.commit()
    return scene


def newest(session: Session, scene: Scene, template: str) -> Delivery:
    with scoped(session, Scope(org_id=scene.org_id)):
        found = session.scalars(
            select(Delivery)
            .where(Delivery.template == template, Delivery.channel == "email")
            .order_by(Delivery.id.desc())
        ).first()
    assert found is not None, f"no {template} was sent"
    return found


@pytest.mark.proves("BOK-01", "FRM-05", "KRN-02")
def test_a_guest_is_told_of_the_forms_and_reaches_them_from_the_mailbox(
    guest: BrowserClient,
    asking: Scene,
    session: Session,
    drain_outbox: DrainOutbox,
    count_queries: CountQueries,
) -> None:
    visit = book(guest)
    with count_queries() as asked:
        page = guest.get(visit)
    assert "2 forms wait for you:" in text_of(page)
    assert BUTTON in page.text
    assert asked.count <= MOST, asked.statements
    drain_outbox()
    assert len(newest(session, asking, "booking_confirmed").context["forms"]) == 2

    assert guest.post(f"{visit}/forms").location == visit
    mail = newest(session, asking, "sign_in_link")
    assert mail.locale == "en", "a guest reads on in the language in which they booked"
    link = urlsplit(sealed.opened(mail.id, mail.context)["link"])
    pressed = re.search(
        r'<form[^>]+action="([^"]+/link/[^"]+)"', guest.get(f"{link.path}?{link.query}").text
    )
    assert pressed, "the link has no button"
    welcome = guest.post(pressed[1]).location
    mine = re.search(r'action="([^"]+/welcome/[^"]+)"', guest.get(welcome).text)
    assert mine, "the card is not offered"
    forms = guest.get(guest.post(mine[1]).location)
    assert forms.request.path == "/movimento/portal/forms"
    assert forms.text.count("Read and sign") == 2
    # Who is in already goes there without another mail.
    assert BUTTON not in guest.get(visit).text


@pytest.mark.proves("BOK-01")
def test_nothing_is_said_where_nothing_is_asked(guest: BrowserClient, scene: Scene) -> None:
    visit = book(guest)
    assert "Before your visit" not in guest.get(visit).text


@pytest.mark.proves("BOK-01", "FRM-05")
def test_a_cancelled_visit_asks_for_nothing(guest: BrowserClient, asking: Scene) -> None:
    visit = book(guest, starts(guest.get(f"{TIMES}?day=2027-03-10"))[-1])
    assert "Before your visit" in guest.get(visit).text
    gone = guest.post(f"{visit}/cancel", data={"version": "0", "due": "0"})
    assert gone.status_code == 303
    assert "Before your visit" not in guest.get(visit).text


@pytest.mark.proves("KRN-02", "PRT-01")
def test_every_page_of_a_clinic_leads_those_who_know_it_to_their_visits(
    guest: BrowserClient, scene: Scene, signed_in: SignIn, desk: Desk
) -> None:
    for path in ("/movimento/", "/movimento/book/kinetoterapie"):
        assert 'href="/movimento/portal/"' in guest.get(path).text
    entrance = guest.get("/movimento/portal/", follow_redirects=True)
    assert "We send you a link" in entrance.text
    petra = signed_in(desk.cast.petra)
    assert petra.get("/movimento/portal/").status_code == 200
