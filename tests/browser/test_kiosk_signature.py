"""Journey c in real Chromium: the desk opens a form, the tablet signs it with a drawn line and is blank again."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.consents import queries as consents
from app.factory import create_app
from app.forms import actions
from app.forms.models import FormInstance
from app.kernel.access.actor import Origin, system
from app.kernel.access.models import Membership, Role, RolePermission
from app.kernel.access.permissions import all_permissions
from app.kernel.identity import signing_in
from app.kernel.identity.humans import create_human
from app.kernel.identity.models import Human
from app.kernel.identity.signing_in import PASSWORD_TOTP, Attempt
from app.kernel.tenancy.models import Organization
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope
from app.lib.clock import SystemClock
from app.lib.ids import uuid7
from app.people.models import Patient
from config import Settings
from tests.support.chromium import PATIENCE_MS
from tests.support.live import Live

pytestmark = pytest.mark.browser
TABLET = {"width": 1024, "height": 768}
DESK = {"width": 1280, "height": 800}


@dataclass
class Clinic:
    """A committed clinic with a receptionist, a patient and the starting templates."""

    live: Live
    id: uuid.UUID
    patient_id: uuid.UUID
    human_id: uuid.UUID
    cookie: str

    @property
    def slug(self) -> str:
        return f"tablet-{self.id.hex[-12:]}"

    @property
    def base(self) -> str:
        return f"{self.live.base_url}/{self.slug}"

    def forms(self) -> list[FormInstance]:
        return self.live.run(
            lambda session: list(session.scalars(select(FormInstance))), Scope(org_id=self.id)
        )

    def has(self, purpose: str) -> bool:
        return self.live.run(
            lambda session: consents.has(session, self.id, self.patient_id, purpose),
            Scope(org_id=self.id),
        )


@pytest.fixture(scope="module")
def clinic(live: Live) -> Clinic:
    # Composing the application declares every permission, and signs the cookie below.
    app = create_app(Settings.from_env(live.env))
    made = Clinic(live, uuid7(), uuid7(), uuid7(), "")
    live.run(lambda session: _organization(session, made), Scope(role=PLATFORM_ROLE))
    email = f"desk-{made.slug}@example.test"
    now = SystemClock().now()
    made.human_id = live.run(
        lambda session: create_human(session, email=email, name="Ramona Ene", now=now)
    )
    live.run(lambda session: _content(session, made), Scope(org_id=made.id))
    made.cookie = live.run(
        lambda session: _login(session, made, app), Scope(org_id=made.id, human_id=made.human_id)
    )
    return made


def _organization(session: Session, clinic: Clinic) -> None:
    values = {"slug": clinic.slug, "name": "Movimento", "locale": "en"}
    now = SystemClock().now()
    session.execute(insert(Organization).values(id=clinic.id, activated_at=now, **values))


def _content(session: Session, clinic: Clinic) -> None:
    org_id, role_id, now = clinic.id, uuid7(), SystemClock().now()
    session.execute(insert(Role).values(org_id=org_id, id=role_id, code="desk", name="Desk"))
    for one in all_permissions():
        session.execute(
            insert(RolePermission).values(
                org_id=org_id, id=uuid7(), role_id=role_id, permission=one.code
            )
        )
    session.execute(
        insert(Membership).values(
            org_id=org_id, id=uuid7(), human_id=clinic.human_id, role_id=role_id
        )
    )
    names = {"name": "Petra Țânțar", "search_name": "petra tantar", "search_text": "petra tantar"}
    session.execute(
        insert(Patient).values(org_id=org_id, id=clinic.patient_id, locale="en", **names)
    )
    actions.create_default_templates(session, system(org_id), now)


def _login(session: Session, clinic: Clinic, app: Flask) -> str:
    """The cookie of a browser in which the receptionist is signed in; signing in has its own tests."""
    attempt = Attempt(clinic.id, Origin(), SystemClock().now())
    human = session.get_one(Human, clinic.human_id)
    opened = signing_in.open_session(session, human, PASSWORD_TOTP, attempt)
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    written = signer.dumps({"_user_id": f"{opened.id}:{human.id}", "_fresh": True})
    return written if isinstance(written, str) else written.decode()


@pytest.fixture
def desk(chromium: Browser, clinic: Clinic) -> Iterator[Page]:
    context = chromium.new_context(viewport=DESK, locale="en")
    cookies = {"session": clinic.cookie, "lang": "en"}
    context.add_cookies(
        [
            {"name": name, "value": value, "url": clinic.live.base_url}
            for name, value in cookies.items()
        ]
    )
    yield from _page(context)


@pytest.fixture
def tablet(chromium: Browser) -> Iterator[Page]:
    yield from _page(chromium.new_context(viewport=TABLET, has_touch=True, locale="en"))


def _page(context: BrowserContext) -> Iterator[Page]:
    """A page whose scripts must not fail."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()
    assert not faults


def hand_over(desk: Page, clinic: Clinic, title: str) -> str:
    """The desk opens a form and reads the code off the screen."""
    desk.goto(f"{clinic.base}/console/patients/{clinic.patient_id}/forms/new")
    desk.get_by_text(title).click()
    desk.get_by_role("button", name="Open on the tablet").click()
    return desk.locator("#tablet-code").inner_text()


def draw(page: Page) -> None:
    """A line that waves, with a stroke below it."""
    pad = page.locator("[data-signature-canvas]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    left, top = box["x"] + 60, box["y"] + 80
    page.mouse.move(left, top)
    page.mouse.down()
    for step in range(1, 50):
        page.mouse.move(left + 7 * step, top + 40 * math.sin(step / 3))
    page.mouse.up()
    page.mouse.move(left, top + 60)
    page.mouse.down()
    page.mouse.move(left + 300, top + 55, steps=8)
    page.mouse.up()


@pytest.mark.proves("SIG-01", "SIG-02", "CNS-03", "FRM-03")
def test_a_form_goes_from_the_desk_to_the_tablet_and_back(
    desk: Page, tablet: Page, clinic: Clinic
) -> None:
    code = hand_over(desk, clinic, "Consent to telerehabilitation")
    expect(desk.locator("#handover")).to_contain_text("Waiting for the tablet")

    tablet.goto(f"{clinic.base}/kiosk/")
    tablet.get_by_label("Code").fill(code.lower())
    tablet.get_by_role("button", name="Open the form").click()
    expect(tablet.locator("main")).to_contain_text("Petra Țânțar")
    expect(desk.locator("#handover")).to_contain_text("On the tablet since")
    tablet.get_by_text("I have a safe place").click()
    tablet.get_by_role("button", name="Continue to sign").click()

    # Nothing drawn, then only a dot: refused beside the frame. A wrong name: the drawing comes back.
    sign = tablet.get_by_role("button", name="Sign", exact=True)
    sign.click()
    expect(tablet.locator("#signature-error")).to_be_visible()
    tablet.locator("[data-signature-canvas]").click()
    sign.click()
    expect(tablet.locator("#signature-error")).to_contain_text("very short")
    tablet.get_by_role("button", name="Clear").click()
    draw(tablet)
    tablet.get_by_text("I sign as parent or guardian").click()
    sign.click()
    expect(tablet.locator(".error-summary")).to_contain_text("Your full name")
    expect(tablet.locator("[data-signature-status]")).to_have_text("Signed")
    tablet.get_by_text("I sign for myself").click()
    sign.click()

    expect(tablet.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(tablet.locator("body")).not_to_contain_text("Petra")
    tablet.goto(f"{clinic.base}/kiosk/form")
    expect(tablet.get_by_role("heading", name="Welcome")).to_be_visible()

    expect(desk.locator("#handover")).to_contain_text("Signed at")
    desk.get_by_role("link", name="See the signed form").click()
    expect(desk.locator("main")).to_contain_text("Seal intact")
    image = desk.get_by_role("img", name="Signature of Petra Țânțar")
    assert image.evaluate("async image => (await image.decode(), image.naturalWidth > 300)")

    signed = clinic.forms()[-1]
    assert signed.state == "signed"
    assert (signed.evidence or {})["signature_points"] > 40
    assert clinic.has("biometric_capture")
    assert clinic.has("telemedicine")


@pytest.mark.proves("SIG-01")
def test_a_tablet_left_alone_warns_and_is_blank(desk: Page, tablet: Page, clinic: Clinic) -> None:
    code = hand_over(desk, clinic, "Consent to treatment")
    tablet.clock.install()
    tablet.goto(f"{clinic.base}/kiosk/")
    tablet.get_by_label("Code").fill(code)
    tablet.get_by_role("button", name="Open the form").click()
    expect(tablet.locator("main")).to_contain_text("Petra")
    tablet.clock.run_for(110_000)
    expect(tablet.get_by_role("button", name="I am still here")).to_be_visible()
    tablet.clock.run_for(15_000)
    expect(tablet.get_by_role("heading", name="Welcome")).to_be_visible()
    tablet.go_back()
    expect(tablet.get_by_role("heading", name="Welcome")).to_be_visible()
    expect(tablet.locator("body")).not_to_contain_text("Petra")
    expect(desk.locator("#handover")).to_contain_text("Ended without a signature")


@pytest.mark.proves("SIG-01")
@pytest.mark.parametrize("size", [(1024, 768), (768, 1024)])
def test_the_tablet_fits_and_its_targets_are_large(
    desk: Page, tablet: Page, clinic: Clinic, size: tuple[int, int]
) -> None:
    code = hand_over(desk, clinic, "Notice on data processing")
    tablet.set_viewport_size({"width": size[0], "height": size[1]})
    tablet.goto(f"{clinic.base}/kiosk/")
    _fits(tablet)
    tablet.get_by_label("Code").fill(code)
    tablet.get_by_role("button", name="Open the form").click()
    expect(tablet.locator(".reading")).to_be_visible()
    _fits(tablet)
    tablet.get_by_text("I have read and understood").click()
    tablet.get_by_role("button", name="Continue to sign").click()
    expect(tablet.locator("[data-signature-canvas]")).to_be_visible()
    _fits(tablet)
    expect(tablet.get_by_role("button", name="Sign", exact=True)).to_be_in_viewport()


def _fits(page: Page) -> None:
    """No sideways scrolling; whatever can be touched is at least 44 px high."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll("a, button, input, textarea")]
          .filter((e) => e.offsetParent && !e.closest(".skip-link, .visually-hidden"))
          .map((e) => e.closest("label, .check") || e)
          .filter((e) => e.getBoundingClientRect().height < 43.9)
          .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert small == []
