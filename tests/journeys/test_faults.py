"""Bad days with real processes: Redis gone or silent, Postgres cut off under load, a web process killed, a full disk.

Each server is the test's own, so that nobody else's falls. Killed workers: tests/kernel/test_outbox_processes.py.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import http.client
import io
import os
import random
import re
import signal
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import InterfaceError, OperationalError, PendingRollbackError, SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.appointments import permissions as _declared  # noqa: F401 - makes the console's permissions known.
from app.catalog.actions import ServiceDraft
from app.forms import actions
from app.forms.models import FormInstance
from app.kernel.blobs.models import Blob
from app.kernel.identity import totp
from app.kernel.tenancy.scope import Scope, enter
from tests.factories import cast as casting
from tests.factories.cast import Cast
from tests.factories.forms import NOTICE, Desk, png_bytes, png_url, points_json
from tests.factories.open_clinic import OpenClinic, open_clinic
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn, new_client
from tests.support.contests import booked, contested_clinic
from tests.support.faults import Load, System, Web, new_browser, own_system, set_loose
from tests.support.live import wait_until
from tests.support.racing import START, hidden_fields

# A page takes some 30 ms; the shared machine on which tests run takes longer at times.
QUICK_SECONDS = 1.0
STILL_FINE_SECONDS = 3.0
# While Postgres is away for a second: nobody waits for a time-out of half a minute, on the busiest machine either.
PATIENCE_SECONDS = 15.0


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with own_system(tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.fixture
def whole(system: System) -> Iterator[System]:
    """The system with both servers up, whatever the test before did."""
    yield system
    system.postgres.start()
    system.redis.start()


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass
class Browser:
    """Somebody's browser, with the time that each of its requests took."""

    client: httpx.Client
    seconds: list[float] = field(default_factory=list)

    def get(self, address: str) -> httpx.Response:
        return self._timed(lambda: self.client.get(address))

    def post(self, address: str, page: httpx.Response, **form: str) -> httpx.Response:
        fields = {**hidden_fields(page.text), **form}
        return self._timed(lambda: self.client.post(address, data=fields))

    def post_as(self, kind: str, address: str, page: httpx.Response, **form: str) -> httpx.Response:
        if kind == "urlencoded":
            return self.post(address, page, **form)
        fields = {**hidden_fields(page.text), **form}
        parts = {name: (None, value) for name, value in fields.items()}
        return self._timed(lambda: self.client.post(address, files=parts))

    def _timed(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        started = time.perf_counter()
        answer = send()
        self.seconds.append(time.perf_counter() - started)
        return answer


@pytest.fixture
def browse() -> Iterator[Callable[[Web], Browser]]:
    """`browse(web)` gives a new browser."""
    opened: list[httpx.Client] = []

    def open_one(web: Web) -> Browser:
        client = new_browser(web.url)
        opened.append(client)
        return Browser(client)

    yield open_one
    for client in opened:
        client.close()


Browse = Callable[[Web], Browser]


def wide_clinic(session: Session, slug: str) -> OpenClinic:
    """A clinic with some 36 times a day, every day."""
    service = ServiceDraft("load", {"en": "Load"}, "therapy", 20, 100, step_min=20)
    return open_clinic(session, slug, now=now(), service=service)


def with_reception(session: Session, slug: str, name: str) -> tuple[OpenClinic, str]:
    """A clinic whose only further member of staff has every permission; gives that person's e-mail."""
    clinic = wide_clinic(session, slug)
    place = casting.Clinic(clinic.id, slug, clinic.location_id)
    return clinic, casting._staff(session, place, name, "everything", ()).email


def sign_in(browser: Browser, slug: str, email: str) -> None:
    asked = browser.post(
        "/sign-in", browser.get("/sign-in"), email=email, password=casting.PASSWORD
    )
    assert asked.status_code == 303, asked.text
    code = totp.next_code(casting.TOTP_SECRET, now(), None) or ""
    page = browser.get(asked.headers["Location"])
    assert browser.post("/sign-in/code", page, code=code).status_code == 303
    assert browser.get(f"/{slug}/console/").status_code == 200


def hold(browser: Browser, clinic: OpenClinic, start: str = "") -> tuple[str, str]:
    """Choose the given or any time; gives the address of the details and the time."""
    times = f"/{clinic.slug}/book/{clinic.calendar}"
    page = browser.get(times)
    start = start or random.choice(START.findall(page.text))
    kept = browser.post(times, page, start=start)
    assert kept.status_code == 303, kept.text
    return urlsplit(kept.headers["Location"]).path, start


def book(browser: Browser, address: str, name: str) -> httpx.Response:
    who = {"name": name, "country": "RO", "phone": "0722123456", "texts": "y"}
    email = f"{name.replace(' ', '.').lower()}@example.com"
    return browser.post(address, browser.get(address), email=email, **who)


def offered(browser: Browser, clinic: OpenClinic) -> list[str]:
    return START.findall(browser.get(f"/{clinic.slug}/book/{clinic.calendar}").text)


def names_of(system: System, clinic: OpenClinic) -> list[str]:
    found = system.live.run(lambda session: booked(session, clinic))
    assert len(set(found.starts)) == len(found.starts)
    assert found.overlaps == 0
    return found.names


def assert_quick(*browsers: Browser) -> None:
    seconds = [one for browser in browsers for one in browser.seconds]
    assert statistics.median(seconds) < QUICK_SECONDS, sorted(seconds)
    assert max(seconds) < STILL_FINE_SECONDS, sorted(seconds)


@dataclass
class LiveStream:
    """The console's live stream in a thread."""

    browser: Browser
    address: str
    lines: list[str] = field(default_factory=list)
    end: str = ""

    def __post_init__(self) -> None:
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def _listen(self) -> None:
        try:
            with self.browser.client.stream("GET", self.address) as answer:
                for line in answer.iter_lines():
                    self.lines.append(line)
            self.end = "clean"
        except httpx.HTTPError as error:
            self.end = repr(error)


@pytest.mark.proves("SCH-05", "SCH-09", "SEC-01", "OPS-01")
def test_redis_stops_while_guests_book_and_comes_back(whole: System, browse: Browse) -> None:
    clinic, email = whole.live.run(lambda s: with_reception(s, "redis-away", "Rodica Away"))
    # Rate limits are off in mode test.
    with whole.web(MODE="development") as web:
        ana, dan, desk, late = (browse(web) for _ in range(4))
        kept, start = hold(ana, clinic)
        assert start not in offered(dan, clinic)
        sign_in(desk, clinic.slug, email)
        stream = LiveStream(desk, f"/{clinic.slug}/console/live")
        wait_until(lambda: bool(stream.lines))

        whole.redis.stop()
        wait_until(lambda: stream.ended, seconds=5)
        assert stream.end == "clean"
        for browser in (ana, dan, desk):
            browser.seconds.clear()
        assert start in offered(dan, clinic)  # Nothing is kept any more, and nothing fails.
        theirs, _ = hold(dan, clinic, start)
        visit = book(dan, theirs, "Dan Away")
        assert visit.status_code == 303
        lost = book(ana, kept, "Ana Away")  # The database alone decides.
        assert lost.status_code == 409
        assert len(START.findall(lost.text)) > 0
        assert desk.get(f"/{clinic.slug}/console/").status_code == 200
        assert desk.get(f"/{clinic.slug}/console/live").status_code == 200
        desk.client.cookies.clear()
        refused = desk.post("/sign-in", desk.get("/sign-in"), email=email, password="wrong")
        assert refused.status_code == 422
        assert_limited(dan, urlsplit(visit.headers["Location"]).path)
        assert_quick(ana, dan, desk)

        whole.redis.start()
        time.sleep(1.1)  # The pause after a failure (app.kernel.redis).
        _, start = hold(ana, clinic)
        assert start not in offered(late, clinic)
        assert "Traceback" not in web.program.output()
    assert names_of(whole, clinic) == ["Dan Away"]


def assert_limited(browser: Browser, visit: str) -> None:
    """Three confirmations an hour, counted in each of the two processes where Redis is away."""
    page = browser.get(visit)
    said = [browser.post(f"{visit}/again", page).status_code for _ in range(8)]
    assert set(said) == {303, 429}
    assert 3 <= said.count(303) <= 6


@pytest.mark.proves("SCH-09", "OPS-01")
def test_a_redis_that_says_nothing_delays_little_and_stops_nothing(
    whole: System, browse: Browse
) -> None:
    clinic, email = whole.live.run(lambda s: with_reception(s, "redis-mute", "Mara Mute"))
    with whole.web(workers=1, MODE="development") as web:
        ana, desk = browse(web), browse(web)
        hold(ana, clinic)
        ana.seconds.clear()
        with whole.frozen_redis():
            # Several meet the silence at the same moment, each with a time-out of its own.
            assert at_once(web, f"/{clinic.slug}/book/{clinic.calendar}") == [200] * 8
            address, _ = hold(ana, clinic)
            assert book(ana, address, "Ana Mute").status_code == 303
            sign_in(desk, clinic.slug, email)
            assert desk.get(f"/{clinic.slug}/console/live").status_code == 200
            assert_quick(ana, desk)
            assert "Traceback" not in web.program.output()
    assert names_of(whole, clinic) == ["Ana Mute"]


def at_once(web: Web, address: str) -> list[int]:
    def ask(_number: int) -> int:
        with new_browser(web.url) as client:
            return client.get(address).status_code

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(ask, range(8)))


@pytest.mark.proves("SCH-05", "OPS-01", "BYD-01")
def test_postgres_cut_off_under_load_loses_and_doubles_nothing(
    whole: System, browse: Browse
) -> None:
    clinic, email = whole.live.run(lambda s: with_reception(s, "pg-away", "Pavel Away"))
    load, stop = Load(), Event()
    with whole.web() as web:
        desk = browse(web)
        sign_in(desk, clinic.slug, email)
        guests = set_loose(web.url, clinic, load, guests=8, stop=stop, days=13)
        try:
            wait_until(lambda: len(load.booked) >= 8)
            whole.crash_postgres()
            # Whoever is signed in gets the same page as a guest, in clinic and console.
            for address in (f"/{clinic.slug}/console/", f"/{clinic.slug}/", "/healthz"):
                assert desk.get(address).status_code == 503
            time.sleep(0.7)
            whole.postgres.start()
            assert desk.get(f"/{clinic.slug}/console/").status_code == 200
            enough = len(load.booked) + 8
            wait_until(lambda: len(load.booked) >= enough)
        finally:
            stop.set()
            for one in guests:
                one.join()
        assert "Traceback" not in web.program.output()
    assert load.broken == []
    assert load.cut_off == 0
    assert load.slowest < PATIENCE_SECONDS
    assert load.refusals
    for answer in load.refusals:
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), answer.text
        assert "Back in a moment" in answer.text
        assert "Traceback" not in answer.text
    assert sorted(load.booked) == names_of(whole, clinic)


@pytest.mark.proves("SCH-04", "SCH-05", "BYD-01")
def test_a_web_process_killed_in_a_race_loses_and_doubles_nothing(whole: System) -> None:
    times = 8
    clinic = whole.live.run(lambda s: contested_clinic(s, "web-killed", times, now()))
    load = Load()
    with whole.web() as web:
        guests = set_loose(web.url, clinic, load, guests=16)
        victims = web.workers()
        wait_until(lambda: len(load.booked) >= 1)
        victims[0].send_signal(signal.SIGKILL)
        wait_until(lambda: len(load.booked) >= 3)
        victims[1].send_signal(signal.SIGKILL)
        for one in guests:
            one.join()
        assert "Traceback" not in web.program.output()
    assert load.broken == []
    assert load.refusals == []
    assert len(load.booked) == times
    assert sorted(load.booked) == names_of(whole, clinic)


@pytest.mark.proves("SCH-04", "SCH-05", "SCH-09", "BYD-01")
def test_a_race_under_random_kills_of_web_and_redis_loses_and_doubles_nothing(
    whole: System,
) -> None:
    times, dice = 10, random.Random(20)
    clinic = whole.live.run(lambda s: contested_clinic(s, "all-killed", times, now()))
    load = Load()
    kills = {"web": 0, "redis": 0}
    with whole.web() as web:
        guests = set_loose(web.url, clinic, load, guests=20, patience=60.0)
        while _anybody(guests):
            _await_an_answer(load, guests)
            time.sleep(dice.uniform(0.1, 0.4))
            victim = dice.choice(("web", "web", "redis"))
            if victim == "web":
                with contextlib.suppress(IndexError, psutil.NoSuchProcess):
                    dice.choice(web.workers()).kill()
            else:
                whole.kill_redis()
                time.sleep(dice.uniform(0.05, 0.2))
                whole.redis.start()
            kills[victim] += 1
        assert "Traceback" not in web.program.output()
    assert min(kills.values()) > 0, kills
    assert load.broken == []
    assert load.refusals == []
    assert len(load.booked) == times
    assert sorted(load.booked) == names_of(whole, clinic)


def _anybody(guests: list[threading.Thread]) -> bool:
    return any(one.is_alive() for one in guests)


def _await_an_answer(load: Load, guests: list[threading.Thread]) -> None:
    """Somebody is answered between two kills: on a slow machine nothing would ever be up otherwise."""
    before = load.answers
    wait_until(lambda: load.answers > before or not _anybody(guests))


MEGABYTE = 1024 * 1024
POSTS = ("/sign-in", "/{slug}/book/{calendar}", "/{slug}/kiosk/", "/{slug}/portal/sign-in")
NAME_FIELD = (
    b'--frontier\r\nContent-Disposition: form-data; name="name"; filename="x.png"\r\n'
    b"Content-Type: image/png\r\n\r\n"
)
MULTIPART = "multipart/form-data; boundary=frontier"
URLENCODED = "application/x-www-form-urlencoded"


def zeros(start: bytes, megabytes: int) -> Iterator[bytes]:
    """A body that a client makes while it sends."""
    yield start
    for _ in range(megabytes):
        yield bytes(MEGABYTE)


def send_body(
    web: Web, address: str, kind: str, body: Iterator[bytes], length: int | None
) -> tuple[int, str]:
    """Send as a browser does, which reads an answer that comes early; without `length` in chunks."""
    where = urlsplit(web.url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=20)
    headers = {"Content-Type": kind, "Accept-Language": "en"}
    headers |= {"Content-Length": str(length)} if length is not None else {}
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", address, body, headers, encode_chunked=length is None)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.proves("SEC-01", "FRM-07")
def test_a_hundred_megabytes_are_refused_by_every_form_without_being_kept(whole: System) -> None:
    clinic = whole.live.run(lambda s: wide_clinic(s, "heavy"))
    length = len(NAME_FIELD) + 100 * MEGABYTE
    with whole.web(workers=1) as web:
        before = web.peak_memory()
        for address in POSTS:
            path = address.format(slug=clinic.slug, calendar=clinic.calendar)
            for kind in (MULTIPART, URLENCODED):
                for told in (length, None):
                    status, text = send_body(web, path, kind, zeros(NAME_FIELD, 100), told)
                    assert status == 413, (path, kind, told, text)
                    assert "That is too large" in text
                    assert "Nothing was saved" in text
        assert web.peak_memory() - before < 40 * MEGABYTE


class Counted(io.RawIOBase):
    """A hundred megabytes of which it is known how much was taken."""

    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), 100 * MEGABYTE - self.taken)
        self.taken += size
        return size


@pytest.mark.proves("SEC-01")
@pytest.mark.parametrize("kind", [MULTIPART, URLENCODED])
def test_every_route_refuses_a_hundred_megabytes_unread(
    app: Flask, client: BrowserClient, cast: Cast, kind: str
) -> None:
    wrong = {}
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.rule.startswith("/webhooks/"):
            continue  # Webhooks have smaller limits of their own.
        body, address = Counted(), address_of(rule.rule, cast)
        given = {"wsgi.input": body, "CONTENT_LENGTH": str(100 * MEGABYTE)}
        answer = client.post(address, content_type=kind, environ_overrides=given)
        if body.taken or answer.status_code not in (413, *_refused_before(rule)):
            wrong[rule.rule] = (answer.status_code, body.taken)
    assert wrong == {}


def _refused_before(rule: Rule) -> tuple[int, ...]:
    """What refuses a request before its size is looked at, without reading it: a program's, or one in a frame."""
    if rule.endpoint.startswith("api."):
        return (404, 415, 422)
    return (404,) if "frame" in rule.arguments else ()


def address_of(rule: str, cast: Cast) -> str:
    """An address that the route takes; who is refused at the door needs no real row."""
    named = rule.replace("<clinic>", cast.clinic.slug)
    numbered = re.sub(r"<int:[^>]+>", "1", re.sub(r"<uuid:[^>]+>", str(cast.clinic.id), named))
    return re.sub(r"<[^>]+>", "x", numbered)


@pytest.mark.proves("SEC-01", "BOK-01")
def test_ten_megabytes_of_name_get_a_sentence_and_the_form_still_books(
    whole: System, browse: Browse
) -> None:
    clinic = whole.live.run(lambda s: wide_clinic(s, "long-name"))
    with whole.web(workers=1) as web:
        guest = browse(web)
        address, _ = hold(guest, clinic)
        page, before = guest.get(address), web.peak_memory()
        for kind in ("urlencoded", "multipart"):
            name = "x" * 10 * MEGABYTE
            refused = guest.post_as(kind, address, page, name=name)
            assert refused.status_code == 413
            assert "larger than this page accepts" in refused.text
        assert web.peak_memory() - before < 40 * MEGABYTE
        long = guest.post(address, page, name="x" * 100_000, country="RO", phone="0722123456")
        assert long.status_code == 422
        assert "At most 200 characters." in long.text
        assert book(guest, address, "Ana Short").status_code == 303
    assert names_of(whole, clinic) == ["Ana Short"]


PROGRAMS = [b"MZ\x90\x00" + bytes(512), b"\x7fELF\x02\x01\x01" + bytes(512), b"#!/bin/sh\nid\n"]


@pytest.mark.proves("KRN-07", "SEC-01")
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_called_png_is_refused_as_signature(
    signed_in: SignIn, desk: Desk, scene: Scene, program: bytes
) -> None:
    before = list(desk.blobs.list())
    answer = send_picture(signed_in(desk.cast.olga), scene, program)
    assert answer.status_code == 422
    assert 'id="image-error"' in answer.text
    assert list(desk.blobs.list()) == before


def send_picture(olga: BrowserClient, scene: Scene, content: bytes) -> TestResponse:
    return olga.post(
        f"/movimento/console/specialists/{scene.specialist_id}/signature",
        data={"image": (io.BytesIO(content), "signature.png", "image/png")},
        content_type="multipart/form-data",
    )


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The store's disk takes some bytes and then no more; `undo` gives it room."""

    def no_room(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("app.kernel.storage.disk.os.fsync", no_room)
    return monkeypatch


def assert_try_again(answer: TestResponse) -> None:
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Traceback" not in answer.text


def files_of(app: Flask) -> set[str]:
    """Everything that lies in the store, finished or not."""
    root = app.extensions["blobs"]._root
    return {str(path) for path in root.rglob("*") if path.is_file()}


@pytest.mark.proves("SIG-01", "FRM-03", "KRN-07")
def test_a_full_disk_stops_a_signature_and_the_form_waits(
    app: Flask, desk: Desk, full_disk: pytest.MonkeyPatch
) -> None:
    form_id, tablet, files = completed_on_tablet(app, desk)
    assert_try_again(sign(tablet))
    assert files_of(app) == files
    assert state_of(desk, form_id) == ("completed", None)
    full_disk.undo()
    assert sign(tablet).status_code == 303
    state, key = state_of(desk, form_id)
    assert state == "signed"
    assert key is not None
    assert desk.blobs.exists(key)


@pytest.mark.proves("SIG-01", "FRM-03", "KRN-07")
def test_what_was_stored_for_a_signature_that_failed_is_taken_away(
    app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    form_id, tablet, files = completed_on_tablet(app, desk)

    def away(*_: object) -> None:
        assert files_of(app) > files
        raise OperationalError("INSERT", {}, Exception("server closed the connection"))

    with monkeypatch.context() as broken:
        broken.setattr("app.forms.actions.signing._after", away)
        assert_try_again(sign(tablet))
    assert files_of(app) == files
    assert state_of(desk, form_id) == ("completed", None)
    assert sign(tablet).status_code == 303
    assert files_of(app) > files


def completed_on_tablet(app: Flask, desk: Desk) -> tuple[uuid.UUID, BrowserClient, set[str]]:
    """A form that only waits for its signature, the tablet that has it, and the files before."""
    form_id = desk.open(NOTICE).id
    given = actions.open_on_kiosk(desk.session, desk.ramona, form_id=form_id, now=NOW)
    desk.session.commit()
    tablet, files = new_client(app, desk.session), files_of(app)
    assert tablet.post("/movimento/kiosk/", data={"code": given.code}).status_code == 303
    tablet.get("/movimento/kiosk/form")
    assert tablet.post("/movimento/kiosk/form", data={"answer_read": "y"}).status_code == 303
    return form_id, tablet, files


def sign(tablet: BrowserClient) -> TestResponse:
    page = tablet.get("/movimento/kiosk/form/sign").text
    drawn = {"signature_png": png_url(), "signature_points": points_json()}
    seen = page.split('name="seen" value="')[1][:64]
    return tablet.post(
        "/movimento/kiosk/form/sign", data={"seen": seen, "capacity": "self", "name": "", **drawn}
    )


def state_of(desk: Desk, form_id: uuid.UUID) -> tuple[str, str | None]:
    enter(desk.session, Scope(org_id=desk.org_id))
    desk.session.expire_all()
    form = desk.session.get_one(FormInstance, (desk.org_id, form_id))
    return form.state, form.signature_png_key


@pytest.mark.proves("KRN-07")
def test_a_full_disk_stops_a_specialists_picture(
    app: Flask, signed_in: SignIn, desk: Desk, scene: Scene, full_disk: pytest.MonkeyPatch
) -> None:
    olga, files = signed_in(desk.cast.olga), files_of(app)
    assert_try_again(send_picture(olga, scene, png_bytes()))
    assert files_of(app) == files
    enter(desk.session, Scope(org_id=desk.org_id))
    assert desk.session.scalar(select(func.count()).select_from(Blob)) == 0
    full_disk.undo()
    assert send_picture(olga, scene, png_bytes()).status_code == 303


@pytest.mark.proves("OPS-01")
@pytest.mark.parametrize(
    "failure",
    [
        OperationalError("COMMIT", {}, Exception("server closed the connection")),
        InterfaceError("COMMIT", {}, Exception("the connection is closed")),
        PendingRollbackError("the connection broke before"),
    ],
)
def test_a_commit_that_fails_is_no_success(
    signed_in: SignIn, cast: Cast, failure: SQLAlchemyError, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The view has said 303 with cookies and a message; the browser must get none of them."""
    petra = signed_in(cast.petra)
    petra.get("/account")
    changed = {"name": "Petra Changed", "phone": "", "locale": "en"}

    def broken(_response: object) -> None:
        raise failure

    with monkeypatch.context() as away:
        away.setattr("app.web.http.transaction.finish", broken)
        answer = petra.post("/account", data=changed)
    assert_try_again(answer)
    assert "Set-Cookie" not in answer.headers
    assert "Petra Changed" not in petra.get("/account").text
    saved = petra.post("/account", data=changed, follow_redirects=True).text
    assert "Petra Changed" in saved
    assert saved.count('data-toast="ok"') == 1
