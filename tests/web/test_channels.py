"""One availability truth (BOK-05): what one channel takes no other offers or accepts, and what one frees all offer."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.appointments.models import Appointment
from app.kernel.tenancy.scope import Scope, scoped
from app.web.http.visit_links import visit_token
from tests.factories.cast import Cast
from tests.factories.desk import Booked, book_for, english
from tests.factories.scene import Scene
from tests.support.browser_client import CSRF, BrowserClient, SignIn, new_client
from tests.support.clock import FrozenClock
from tests.web.booking.walking import GUEST, TIMES
from tests.web.booking.walking import starts as starts_on_page

API = "/movimento/api/v1"
CONSOLE = "/movimento/console/visits"
AT = dt.datetime(2027, 3, 10, 10, 0, tzinfo=dt.UTC)
MINUTES = str(int(AT.timestamp()) // 60)
DAY = "2027-03-10"


@dataclass(frozen=True)
class Channel:
    """How one channel lists the time, takes it (the status says whether it could) and gives it back."""

    offers: Callable[[], bool]
    take: Callable[[], int]
    cancel: Callable[[], int]


class Quick(BrowserClient):
    """Pages are parsed by the tests of each surface; here only what they offer counts."""

    def _read(self, response: TestResponse) -> None:
        found = CSRF.search(response.text) if response.mimetype == "text/html" else None
        self.csrf_token = found[1] if found else self.csrf_token


class Channels:
    """Every way to a visit, each with a browser or program of its own."""

    def __init__(self, clients: dict[str, BrowserClient], scene: Scene, cast: Cast, past: Booked):
        self.clients, self.scene, self.cast, self.past = clients, scene, cast, past
        self.keys: Iterator[int] = itertools.count()
        self.token = ""
        self.all = {
            "page": Channel(self.page_offers, self.page_takes, self.page_cancels),
            "frame": Channel(self.frame_offers, self.frame_takes, self.page_cancels),
            "api": Channel(self.api_offers, self.api_takes, self.api_cancels),
            "portal": Channel(self.portal_offers, self.portal_takes, self.page_cancels),
            "phone": Channel(self.desk_offers, lambda: self.desk_takes("phone"), self.page_cancels),
            "walk_in": Channel(
                self.desk_offers, lambda: self.desk_takes("walk_in"), self.page_cancels
            ),
        }

    def page_offers(self) -> bool:
        return MINUTES in starts_on_page(self.clients["guest"].get(f"{TIMES}?day={DAY}"))

    def page_takes(self) -> int:
        return self._walk(self.clients["guest"], TIMES)

    def page_cancels(self) -> int:
        path = f"/movimento/v/{self.token}/cancel"
        form = self.clients["guest"].get(path)
        version = re.search(r'name="version" value="(\d+)"', form.text)
        assert version
        return self.clients["guest"].post(path, data={"version": version[1]}).status_code

    def frame_offers(self) -> bool:
        return MINUTES in starts_on_page(self.clients["guest"].get(f"{self._frame()}?day={DAY}"))

    def frame_takes(self) -> int:
        return self._walk(self.clients["guest"], self._frame())

    def _frame(self) -> str:
        entered = self.clients["guest"].get("/movimento/embed/book/kinetoterapie?lang=en")
        return entered.headers["Location"]

    def _walk(self, guest: BrowserClient, times: str) -> int:
        held = guest.post(times, data={"start": MINUTES})
        if "gone=" in held.headers.get("Location", ""):
            return 409  # A refusal leads back to the times, which say it.
        if held.status_code != 303:
            return held.status_code
        booked = guest.post(held.headers["Location"], data=GUEST)
        self.token = booked.headers.get("Location", "").rsplit("/", 1)[-1]
        return 200 if booked.status_code == 303 else booked.status_code

    def api_offers(self) -> bool:
        path = f"{API}/calendars/kinetoterapie/availability?from={DAY}&time_zone=UTC"
        days = self.clients["program"].get(path).get_json()["days"]
        return f"{DAY}T10:00:00Z" in {one["starts_at"] for day in days for one in day["starts"]}

    def api_takes(self) -> int:
        contact = {name: GUEST[name] for name in ("name", "email", "phone")}
        body = {
            "calendar": "kinetoterapie",
            "starts_at": AT.isoformat(),
            "contact": contact,
            "consents": [{"purpose": "sms_appointments", "version": 1}],
        }
        answer = self.clients["program"].post(
            f"{API}/bookings",
            data=json.dumps(body),
            content_type="application/json",
            headers={"Idempotency-Key": f"{next(self.keys):020}"},
            forget_csrf=True,
        )
        if answer.status_code == 201:
            self.token = answer.get_json()["token"]
            return 200
        assert answer.get_json()["code"] == "slot_taken"
        return answer.status_code

    def api_cancels(self) -> int:
        path = f"{API}/bookings/{self.token}/cancellation"
        kind = "application/json"
        answer = self.clients["program"].post(path, data="{}", content_type=kind, forget_csrf=True)
        return 303 if answer.status_code == 200 else answer.status_code

    def portal_offers(self) -> bool:
        page = self.clients["petra"].get(f"{self._again()}?day={DAY}")
        return f'value="{MINUTES}"' in page.text

    def portal_takes(self) -> int:
        key = f"key-{next(self.keys)}"
        answer = self.clients["petra"].post(self._again(), data={"start": MINUTES, "key": key})
        self.token = answer.headers.get("Location", "").rsplit("=", 1)[-1]
        return 200 if answer.status_code == 303 else answer.status_code

    def _again(self) -> str:
        return f"/movimento/portal/visits/{self.past.id}/again"

    def desk_offers(self) -> bool:
        query = f"day={DAY}&time=12:00&specialist={self.scene.specialist_id}"
        return "Free:" in self.clients["desk"].fragment(f"{CONSOLE}/new?{query}").text

    def desk_takes(self, channel: str) -> int:
        form = {
            "do": "book",
            "book-calendar": str(self.scene.calendar_id),
            "book-specialist": str(self.scene.specialist_id),
            "book-day": DAY,
            "book-time": "12:00",
            "book-patient": str(self.cast.petra.patient_id),
            "book-channel": channel,
            "book-note": "",
            "book-q": "",
        }
        answer = self.clients["desk"].post(f"{CONSOLE}/new", data=form)
        link = re.search(r"/visits/([0-9a-f-]{36})", answer.headers.get("Location", answer.text))
        if answer.status_code == 303 and link:
            settings = self.clients["desk"].application.config["SETTINGS"]
            self.token = visit_token(settings, uuid.UUID(link[1]))
            return 200
        return answer.status_code


@pytest.fixture
def channels(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    signed_in: SignIn,
    client: BrowserClient,
    clock: FrozenClock,
) -> Channels:
    """A week after a visit at the same time, which is what the portal proposes."""
    past = book_for(session, redis, scene, cast)
    clock.set(AT - dt.timedelta(hours=25))
    client.set_cookie("lang", "en")
    clients = {
        "guest": client,
        "program": new_client(client.application, session),
        "petra": english(signed_in(cast.petra)),
        "desk": english(signed_in(cast.ramona)),
    }
    for one in clients.values():
        one.__class__ = Quick
    return Channels(clients, scene, cast, past)


def taken(session: Session, scene: Scene) -> int:
    with scoped(session, Scope(org_id=scene.org_id)):
        query = select(func.count()).where(
            Appointment.starts_at == AT, Appointment.state != "cancelled"
        )
        return session.scalar(query) or 0


NAMES = ("page", "frame", "api", "portal", "phone", "walk_in")


@pytest.mark.proves("BOK-05", "BYD-01", "SCH-05")
@pytest.mark.parametrize("taker", ["page", "api", "portal", "walk_in"])
def test_what_one_channel_takes_no_other_offers_or_accepts(
    channels: Channels, taker: str, session: Session, scene: Scene
) -> None:
    every = channels.all
    assert {name: one.offers() for name, one in every.items()} == dict.fromkeys(NAMES, True)
    assert every[taker].take() == 200
    token = channels.token
    assert {name: one.offers() for name, one in every.items()} == dict.fromkeys(NAMES, False)
    refused = {name: one.take() for name, one in every.items() if name != taker}
    assert refused == {name: 409 for name in NAMES if name != taker}
    assert taken(session, scene) == 1
    # Whoever gives it back, everybody offers it again, and the next one gets it.
    canceller = NAMES[(NAMES.index(taker) + 2) % len(NAMES)]
    channels.token = token
    assert every[canceller].cancel() == 303
    assert {name: one.offers() for name, one in every.items()} == dict.fromkeys(NAMES, True)
    assert every[canceller].take() == 200
    assert taken(session, scene) == 1


@pytest.mark.proves("BOK-05", "SCH-04")
def test_what_one_guest_is_choosing_no_channel_gives_away(channels: Channels) -> None:
    """A hold of the page counts for programs, portal and frames; the desk sees that the time is kept."""
    held = channels.clients["guest"].post(TIMES, data={"start": MINUTES})
    assert held.status_code == 303
    for name in ("frame", "api", "portal", "phone"):
        assert not channels.all[name].offers(), name
        assert channels.all[name].take() == 409, name
    done = channels.clients["guest"].post(held.headers["Location"], data=GUEST)
    assert "/v/" in done.headers["Location"]
