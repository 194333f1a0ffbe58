"""A clinic with two visits, served to real Chromium, and a reception that is signed in at several computers."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Thread
from typing import TypeVar

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import make_server

from app.appointments.actions import Wish, book
from app.appointments.actions.screens import ScreenDraft, end_screen, open_screen
from app.appointments.models import Appointment
from app.appointments.queries.board import screens
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
from tests.support.chromium import PATIENCE_MS, running_chromium
from tests.support.clock import FrozenClock
from tests.support.databases import settings_env
from tests.support.services import DatabaseFactory

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

    def end_screens(self) -> None:
        """All waiting-room screens of the clinic are ended."""

        def end(session: Session) -> None:
            for screen, _place in screens(session, self.clinic.id):
                end_screen(session, self.actor, screen.id, now=NOW)

        self.do(end)

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
    with running_chromium() as browser:
        yield browser


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
    computer.set_default_timeout(PATIENCE_MS)
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


def drag(page: Page, visit_id: uuid.UUID, column: uuid.UUID | str, minute: int) -> None:
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
