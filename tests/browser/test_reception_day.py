"""Journey b in real Chromium: reception works the day; two desks see each other's changes at once."""

from __future__ import annotations

import datetime as dt
import os
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TypeVar

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import make_server

from app.appointments.actions import Wish, book
from app.appointments.actions.screens import ScreenDraft, open_screen
from app.appointments.models import Appointment
from app.factory import create_app
from app.integrations.models import SandboxMessage
from app.kernel.access.actor import Actor
from app.kernel.db import db
from app.kernel.outbox.dispatch import drain
from app.kernel.outbox.listeners import load_listeners
from app.kernel.tenancy.scope import Scope, scoped
from app.people.actions import add_patient, checked_contact
from app.scheduling.actions import set_override
from app.scheduling.queries import calendar_view
from config import Settings
from tests.factories.desk import reception
from tests.factories.open_clinic import OpenClinic, open_clinic
from tests.support.clock import FrozenClock
from tests.support.databases import settings_env
from tests.support.services import DatabaseFactory

pytestmark = pytest.mark.browser
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NOW = dt.datetime(2027, 3, 3, 8, 0, tzinfo=dt.UTC)
SLUG = "receptie"
Result = TypeVar("Result")


@dataclass
class Desk:
    """A served clinic with two visits, and a login for its reception."""

    address: str
    app: Flask
    clinic: OpenClinic
    visits: list[uuid.UUID]
    cookie: str
    actor: Actor
    clock: FrozenClock

    def do(self, work: Callable[[Session], Result]) -> Result:
        """Something in a transaction of the clinic."""
        with self.app.app_context():
            session = db.session()
            with scoped(session, Scope(org_id=self.clinic.id)):
                done = work(session)
                session.commit()
            db.session.remove()
        return done

    def tell(self) -> None:
        """Let the outbox run until nothing is due."""
        load_listeners()
        with self.app.app_context():
            sessions = sessionmaker(db.engine, expire_on_commit=False)
            drain(sessions, self.clock)

    def texts(self, part: str) -> list[str]:
        """Text messages in the sandbox that hold this."""
        return self.do(
            lambda session: list(
                session.scalars(
                    select(SandboxMessage.body).where(
                        SandboxMessage.kind == "sms", SandboxMessage.body.contains(part)
                    )
                )
            )
        )

    def close_all_but_the_visits(self) -> None:
        """The first specialist works only where the two visits are."""
        self.do(
            lambda session: set_override(
                session,
                self.actor,
                self.clinic.specialist_ids[0],
                NOW.date(),
                "replace",
                [(11 * 60, 11 * 60 + 50), (13 * 60, 13 * 60 + 50)],
                "meeting",
                NOW,
            )
        )

    def screen(self) -> str:
        """The address of a new waiting-room screen."""
        draft = ScreenDraft("Hall", "both")
        token = self.do(lambda session: open_screen(session, self.actor, draft, now=NOW))
        return f"{self.address}/{SLUG}/screen/{token}"

    def visit(self, number: int) -> Appointment:
        with self.app.app_context():
            session = db.session()
            with scoped(session, Scope(org_id=self.clinic.id)):
                found = session.get_one(Appointment, (self.clinic.id, self.visits[number]))
                session.expunge(found)
            db.session.remove()
        return found

    def newest(self) -> Appointment:
        with self.app.app_context():
            session = db.session()
            with scoped(session, Scope(org_id=self.clinic.id)):
                found = session.scalars(
                    select(Appointment).order_by(
                        Appointment.created_at.desc(), Appointment.id.desc()
                    )
                ).first()
                assert found is not None
                session.expunge(found)
            db.session.remove()
        return found


@pytest.fixture
def desk(
    database_factory: DatabaseFactory, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    with database_factory() as urls:
        blobs = {"STORAGE": f"disk:{tmp_path_factory.mktemp('blobs')}"}
        clock = FrozenClock(NOW)
        app = create_app(Settings.from_env(settings_env(urls, redis_url) | blobs), clock)
        with app.app_context():
            clinic, visits, cookie, actor = _furnish(app, db.session())
            db.session.remove()
        server = make_server("127.0.0.1", 0, app, threaded=True)
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.port}"
        yield Desk(address, app, clinic, visits, cookie, actor, clock)
        server.shutdown()
        with app.app_context():
            db.engine.dispose()


def _furnish(app: Flask, session: Session) -> tuple[OpenClinic, list[uuid.UUID], str, Actor]:
    clinic = open_clinic(session, SLUG, now=NOW, specialists=2)
    session.commit()
    actor, cookie = reception(app, session, clinic.id, NOW)
    with scoped(session, Scope(org_id=clinic.id)):
        visits = [
            _visit(app, session, clinic, actor, name, hour)
            for name, hour in (("Ștefan Țurcanu", 9), ("Ioana Albu", 11))
        ]
        session.commit()
    return clinic, visits, cookie, actor


def _visit(
    app: Flask, session: Session, clinic: OpenClinic, actor: Actor, name: str, hour: int
) -> uuid.UUID:
    contact = checked_contact(name, f"p{hour}@example.com", f"07220001{hour:02}", "RO")
    patient_id = add_patient(session, actor, contact, NOW)
    calendar = calendar_view(session, clinic.id, calendar_id=clinic.calendar_id)
    at = dt.datetime(2027, 3, 3, hour, 0, tzinfo=dt.UTC)
    wish = Wish(at, clinic.specialist_ids[0], "phone", "Europe/Bucharest")
    return book(session, app.extensions["redis"], actor, calendar, wish, patient_id, now=NOW).id


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).is_file():
        pytest.fail(f"{CHROMIUM} is missing: install chromium, or set CHROMIUM to its path")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


OpenDay = Callable[..., Page]


@pytest.fixture
def open_day(desk: Desk, chromium: Browser) -> Iterator[OpenDay]:
    """The day on a computer of its own. Two tabs of one window would take turns at one frame a second."""
    computers: list[BrowserContext] = []

    def open_one(complaints: list[str] | None = None) -> Page:
        computer = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
        computers.append(computer)
        return _day(computer, desk, complaints)

    yield open_one
    for computer in computers:
        computer.close()


def _day(computer: BrowserContext, desk: Desk, complaints: list[str] | None) -> Page:
    computer.set_default_timeout(10_000)
    for name, value in (("session", desk.cookie), ("lang", "en")):
        computer.add_cookies([{"name": name, "value": value, "url": desk.address}])
    page = computer.new_page()
    if complaints is not None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type == "error" else None,
        )
    page.goto(f"{desk.address}/{SLUG}/console/")
    return page


@pytest.mark.proves("BOK-04", "APT-03", "APT-04", "SCH-06", "BYD-05")
def test_reception_works_the_day(desk: Desk, open_day: OpenDay) -> None:
    complaints: list[str] = []
    page, colleague = open_day(complaints), open_day(complaints)

    # Find a patient in two keystrokes and a few letters, accents aside.
    page.keyboard.press("/")
    page.keyboard.type("turcanu stef")
    found = page.locator("#finder-results a", has_text="Ștefan Țurcanu")
    expect(found).to_be_visible()
    page.keyboard.press("Escape")

    # Book from a free cell; the colleague sees it without a reload.
    second = desk.clinic.specialist_ids[1]
    page.locator(f"#free-{second}-{15 * 60}").click()
    page.fill("#book-q", "ioana")
    page.locator("#book-found .choice", has_text="Ioana Albu").click()
    expect(page.locator("#book-time")).to_have_value("15:00")
    page.get_by_role("button", name="Book the visit").click()
    expect(page.locator("#toasts")).to_contain_text("Booked for")
    booked = desk.newest()
    assert (booked.specialist_id, booked.channel) == (second, "phone")
    expect(colleague.locator(f"#visit-{booked.id}")).to_be_visible()

    # Check in from what is expected now, and take it back.
    page.keyboard.press("Escape")
    page.goto(f"{desk.address}/{SLUG}/console/")
    page.locator(f"#visit-{desk.visits[0]}").click()
    panel = page.locator("#panel")
    panel.get_by_role("button", name="Check in").click()
    expect(panel).to_contain_text("Arrived")
    expect(colleague.locator(f"li[data-event='{desk.visits[0]}']")).to_have_class(
        re.compile("is-warn")
    )
    page.get_by_role("button", name="Undo").click()
    page.wait_for_load_state()
    assert desk.visit(0).checked_in_at is None

    # Cancel: the dialog says first what will happen; the toast brings it back.
    page.locator(f"#visit-{desk.visits[1]}").click()
    page.locator("#panel").get_by_role("link", name="Cancel the visit").click()
    dialog = page.locator("#dialog dialog")
    expect(dialog).to_contain_text("is told by e-mail to p11@example.com")
    dialog.get_by_role("button", name="Cancel the visit").click()
    expect(colleague.locator(f"#visit-{desk.visits[1]}")).to_have_count(0)
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(colleague.locator(f"#visit-{desk.visits[1]}")).to_be_visible()
    assert complaints == []


@pytest.mark.proves("APT-03", "BYD-01", "BYD-05")
def test_a_visit_is_dragged_back_and_forth(desk: Desk, open_day: OpenDay) -> None:
    page = open_day()
    first, second = desk.clinic.specialist_ids
    drag(page, desk.visits[0], second, 13 * 60)
    expect(page.locator("#toasts")).to_contain_text("moved to")
    moved = desk.visit(0)
    assert moved.specialist_id == second
    assert moved.starts_at == dt.datetime(2027, 3, 3, 11, 0, tzinfo=dt.UTC)
    assert not page.locator("#panel [data-panel]").count(), "a drag is no click"
    page.get_by_role("button", name="Undo").click()
    page.wait_for_load_state()
    back = desk.visit(0)
    assert (back.specialist_id, back.starts_at.hour) == (first, 9)

    # Onto another visit: it falls back and the reason stands in the toast.
    drag(page, desk.visits[0], first, 13 * 60 + 15)
    expect(page.locator("#toasts [data-toast=bad]")).to_contain_text("Has a visit that takes 13:00")
    expect(page.locator(f"li[data-event='{desk.visits[0]}']")).to_have_attribute(
        "data-start", str(11 * 60)
    )
    assert desk.visit(0).starts_at.hour == 9


@pytest.mark.proves("SCH-08", "BYD-04", "SCH-06")
def test_a_cancelled_time_reaches_who_waits_on_their_phone(
    desk: Desk, open_day: OpenDay, chromium: Browser
) -> None:
    page = open_day()
    phone = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    phone.set_default_timeout(10_000)
    guest = phone.new_page()
    guest.goto(f"{desk.address}/{SLUG}/book/{desk.clinic.calendar}")
    guest.get_by_role("link", name="No time that suits you?").click()
    guest.get_by_label("With").select_option(label="Ana Pavel")
    for part in ("Morning", "Evening"):
        guest.get_by_label(part).uncheck()
    guest.get_by_label("From").fill("2027-03-03")
    guest.get_by_label("Until").fill("2027-03-03")
    guest.get_by_label("Full name").fill("Vlad Marin")
    guest.get_by_label("Mobile number").fill("0722 555 666")
    guest.get_by_label("E-mail").fill("vlad@example.com")
    guest.locator("label[for=texts]").click()
    desk.close_all_but_the_visits()
    guest.get_by_role("button", name="Put me on the list").click()
    expect(guest.get_by_role("heading", name="You are on the list")).to_be_visible()
    desk.tell()
    assert desk.texts("/o/") == []

    page.locator(f"#visit-{desk.visits[1]}").click()
    page.locator("#panel").get_by_role("link", name="Cancel the visit").click()
    page.locator("#dialog dialog").get_by_role("button", name="Cancel the visit").click()
    expect(page.locator(f"#visit-{desk.visits[1]}")).to_have_count(0)
    desk.clock.advance(seconds=25)
    desk.tell()
    expect(page.get_by_text("Offered to the waiting list")).to_be_visible()
    [text] = desk.texts("/o/")
    found = re.search(r"/receptie/o/\w+", text)
    assert found
    guest.goto(desk.address + found[0])
    guest.get_by_role("button", name="Take this time").click()
    expect(guest.locator("#toasts")).to_contain_text("It is yours")
    expect(page.locator(f"#visit-{desk.newest().id}")).to_be_visible()
    assert desk.newest().starts_at == dt.datetime(2027, 3, 3, 11, 0, tzinfo=dt.UTC)
    phone.close()


@pytest.mark.proves("APT-04", "SCH-06")
def test_who_is_called_appears_on_the_wall_without_a_reload(
    desk: Desk, open_day: OpenDay, chromium: Browser
) -> None:
    page = open_day()
    wall = chromium.new_context(viewport={"width": 1280, "height": 720})
    screen = wall.new_page()
    screen.goto(desk.screen())
    expect(screen.locator(".wall-waiting p").first).to_be_visible()
    page.locator(f"#visit-{desk.visits[0]}").click()
    page.locator("#panel").get_by_role("button", name="Check in").click()
    expect(screen.locator(".wall-waiting b")).to_have_text("ȘȚ")
    page.locator("#panel").get_by_role("button", name="Call").click()
    expect(screen.locator("[data-called] .wall-who")).to_have_text("ȘȚ")
    expect(screen.locator(".wall-waiting b")).to_have_count(0)
    assert wall.cookies() == []
    assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth")
    wall.close()


@pytest.mark.proves("BYD-01")
def test_two_desks_and_one_time(desk: Desk, open_day: OpenDay) -> None:
    page, colleague = open_day(), open_day()
    second = desk.clinic.specialist_ids[1]
    for one, name, who in ((page, "ioana", "Ioana Albu"), (colleague, "stefan", "Ștefan Țurcanu")):
        one.locator(f"#free-{second}-{15 * 60}").click()
        one.fill("#book-q", name)
        one.locator("#book-found .choice", has_text=who).click()
        one.fill("#book-note", f"pentru {name}")
    page.get_by_role("button", name="Book the visit").click()
    expect(page.locator("#toasts")).to_contain_text("Booked for")
    colleague.get_by_role("button", name="Book the visit").click()
    expect(colleague.locator("#panel")).to_contain_text("This time was just taken")
    expect(colleague.locator("#book-note")).to_have_value("pentru stefan")
    colleague.locator("#panel .picks button").first.click()
    expect(colleague.locator("#panel .reason.is-ok")).to_be_visible()
    colleague.get_by_role("button", name="Book the visit").click()
    expect(colleague.locator("#toasts")).to_contain_text("Booked for")


def test_the_keyboard_alone_reaches_everything(open_day: OpenDay) -> None:
    page = open_day()
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("[data-calendar]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#panel [data-panel]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel [data-panel]")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.locator("#book-q")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("body").click(position={"x": 5, "y": 400})
    page.keyboard.press("f")
    page.wait_for_url("**/day/2027-03-04")
    page.keyboard.press("t")
    page.wait_for_url("**/day/2027-03-03")
    page.keyboard.press("d")
    page.wait_for_url("**view=list")
    expect(page.locator("table")).to_contain_text("Ștefan Țurcanu")


def drag(page: Page, visit_id: uuid.UUID, column: uuid.UUID, minute: int) -> None:
    """Take the visit by its middle and let it go with its start at `minute` of the column."""
    item = page.locator(f"li[data-event='{visit_id}']")
    item.scroll_into_view_if_needed()
    box = item.bounding_box()
    rows = page.locator(f"section[data-column='{column}'] .cal-rows")
    target = rows.bounding_box()
    assert box is not None
    assert target is not None
    day_start = int(page.locator("[data-calendar]").get_attribute("data-day-start") or 0)
    row = page.evaluate("e => parseFloat(getComputedStyle(e).gridAutoRows)", rows.element_handle())
    grip = box["height"] / 2
    y = target["y"] + (minute - day_start) / 5 * row + grip
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + grip)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + grip + 20, steps=3)
    page.mouse.move(target["x"] + target["width"] / 2, y, steps=6)
    page.mouse.up()
