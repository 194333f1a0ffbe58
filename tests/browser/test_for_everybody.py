"""Booking and portal in real Chromium for those who do not see, point or read well (A11-01, WCAG 2.2 AA)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from app.kernel.access.actor import system
from app.kernel.identity.humans import create_human
from app.kernel.tenancy.scope import Scope, scoped
from app.people.actions import Contact, add_patient, give_login
from tests.factories.open_clinic import OpenClinic, open_clinic
from tests.support.accessibility import faults
from tests.support.live import Live

pytestmark = [pytest.mark.browser, pytest.mark.proves("A11-01")]
MAIL, PASSWORD = "petra@everybody.example.com", "a-long-password-2027"
NARROW = {"width": 320, "height": 640}
"""Where text must still flow in one column (1.4.10)."""


@pytest.fixture(scope="module")
def clinic(live: Live) -> OpenClinic:
    now = dt.datetime.now(dt.UTC)

    def furnish(session: Session) -> OpenClinic:
        opened = open_clinic(session, "everybody", now=now, specialists=2)
        human_id = create_human(
            session, email=MAIL, name="Petra Țânțar", now=now, password=PASSWORD, locale="en"
        )
        with scoped(session, Scope(org_id=opened.id)):
            actor = system(opened.id)
            contact = Contact(name="Petra Țânțar", email=MAIL, phone="+40722123456")
            patient_id = add_patient(session, actor, contact, now)
            give_login(session, actor, patient_id, human_id, now)
        return opened

    return live.run(furnish)


@pytest.fixture
def page(chromium: Browser, live: Live) -> Iterator[Page]:
    context = chromium.new_context(viewport=NARROW, locale="en", base_url=live.base_url)
    yield context.new_page()
    context.close()


def test_every_step_of_booking(page: Page, clinic: OpenClinic) -> None:
    page.goto(f"/{clinic.slug}/")
    found = faults(page)
    page.goto(f"/{clinic.slug}/book/{clinic.calendar}")
    found += faults(page)
    page.locator(".slot-grid button").last.click()
    expect(page.get_by_role("heading", name="Who is coming?")).to_be_visible()
    found += faults(page)
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found += faults(page)
    page.get_by_label("Full name").fill("Ana Pop")
    page.get_by_label("Mobile number").fill("0722 123 456")
    page.get_by_label("E-mail").fill("ana@example.com")
    page.get_by_role("checkbox").press("Space")
    page.get_by_role("button", name="Book this time").press("Enter")
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    found += faults(page)
    visit = page.url
    for path in (f"{visit}/move", f"{visit}/cancel", f"{visit}/review", f"{visit}lost"):
        page.goto(path)
        found += faults(page)
    page.goto(f"/{clinic.slug}/book/{clinic.calendar}/waiting")
    found += faults(page)
    assert found == [], "\n".join(found)


def test_the_portal(page: Page, clinic: OpenClinic) -> None:
    home = f"/{clinic.slug}/portal"
    page.goto(f"{home}/sign-in")
    found = faults(page)
    page.goto(f"{home}/sign-in?with=password")
    found += faults(page)
    page.get_by_label("E-mail").fill(MAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("heading", name="Hello, Petra")).to_be_visible()
    for path in ("/", "/visits", "/forms", "/exercises", "/consents", "/calendar"):
        page.goto(home + path)
        found += faults(page)
    page.goto("/account")
    found += faults(page)
    assert found == [], "\n".join(found)
