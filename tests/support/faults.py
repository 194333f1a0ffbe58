"""Servers that a test may stop, freeze and kill, the product running on them, and guests who do not give up."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import random
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
from sqlalchemy import create_engine

from app.kernel import crypto
from app.kernel.db.handle import driver_url, engine_options
from ops.ports import LOOPBACK, free_port
from ops.postgres import Postgres
from ops.redis_server import RedisServer
from ops.supervisor import answers
from ops.test_servers import PASSWORD
from tests.factories.open_clinic import OpenClinic
from tests.support.databases import Cluster, settings_env
from tests.support.live import WEB_SERVER, Live, Program, wait_until
from tests.support.racing import START, details_of, hidden_fields

# Without it a confirmed visit could be lost in a crash by the server's settings and not by the product.
DURABLE_COMMIT = {"synchronous_commit": "on"}
PAUSE_SECONDS = 0.1


@dataclass
class Web:
    """A web server of the product with its log."""

    url: str
    program: Program

    def workers(self) -> list[psutil.Process]:
        """The processes that answer requests."""
        return psutil.Process(self.program.pid).children()

    def peak_memory(self) -> int:
        """The most resident memory that any of its workers has had, in bytes (VmHWM)."""
        return max(_peak(process.pid) for process in self.workers())


@dataclass
class System:
    """The product over a Postgres and a Redis of its own."""

    live: Live
    postgres: Postgres
    redis: RedisServer

    @contextmanager
    def web(self, workers: int = 2, **settings: str) -> Iterator[Web]:
        """A web server for the length of a block; nothing but answers may be in its log afterwards."""
        port = free_port()
        url = f"http://{LOOPBACK}:{port}"
        given = {"WEB_PORT": str(port), "BASE_URL": url, "WEB_WORKERS": str(workers), **settings}
        program = self.live.start(*WEB_SERVER, **given)
        try:
            wait_until(lambda: answers(f"{url}/healthz"), program)
            yield Web(url, program)
        finally:
            end(program)

    def crash_postgres(self) -> None:
        """Immediate shutdown: sessions are cut off, nothing is written; the next start recovers from the log."""
        pid = int((self.postgres.data / "postmaster.pid").read_text().split()[0])
        process = psutil.Process(pid)
        process.send_signal(signal.SIGQUIT)
        process.wait(10)

    @contextmanager
    def frozen_redis(self) -> Iterator[None]:
        """A Redis that accepts connections and says nothing, as behind a broken network."""
        process = self._redis_process()
        process.suspend()
        try:
            yield
        finally:
            process.resume()

    def kill_redis(self) -> None:
        """End Redis as a power cut would: what it held is gone."""
        process = self._redis_process()
        process.kill()
        process.wait(10)

    def _redis_process(self) -> psutil.Process:
        # Read while listed: a process that ends in between is left out instead of failing the test.
        [process] = [
            one
            for one in psutil.process_iter(["name", "cmdline"])
            if one.info["name"] == "redis-server"
            and str(self.redis.port) in " ".join(one.info["cmdline"] or ())
        ]
        return process


@contextmanager
def own_system(folder: Path) -> Iterator[System]:
    """A system of its own below `folder`."""
    postgres = Postgres(folder / "postgres", PASSWORD, throw_away=True, options=DURABLE_COMMIT)
    redis = RedisServer(folder / "redis", throw_away=True)
    postgres.start()
    redis.start()
    try:
        with Cluster(postgres.url()).database(dropped=False) as urls:
            own = settings_env(urls, redis.url()) | {"STORAGE": f"disk:{folder / 'blobs'}"}
            crypto.install(own["ENCRYPTION_KEYS"])
            engine = create_engine(driver_url(urls.app), **engine_options(4))
            live = Live("", urls, redis.url(), {**os.environ, **own}, folder, engine)
            yield System(live, postgres, redis)
            live.close()
    finally:
        redis.stop()
        postgres.stop()


def end(program: Program) -> None:
    """End a web server with its workers."""
    family = [psutil.Process(program.pid), *psutil.Process(program.pid).children(recursive=True)]
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    program.process.wait(10)


def _peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


@dataclass
class Load:
    """What guests met who book until told to stop. `refusals` are whole answers with a status of 500 and more."""

    booked: list[str] = field(default_factory=list)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    slowest: float = 0.0
    refusals: list[httpx.Response] = field(default_factory=list)
    cut_off: int = 0
    broken: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, answer: httpx.Response, seconds: float) -> None:
        with self._lock:
            self.statuses[what, answer.status_code] += 1
            self.slowest = max(self.slowest, seconds)
            if answer.status_code >= 500:
                self.refusals.append(answer)

    @property
    def answers(self) -> int:
        """How many answers there were so far."""
        with self._lock:
            return sum(self.statuses.values())

    def note_cut_off(self) -> None:
        with self._lock:
            self.cut_off += 1

    def note_booked(self, name: str) -> None:
        with self._lock:
            self.booked.append(name)


@dataclass
class Stubborn:
    """A guest who sends again what got no answer or a 503, as people do; a known browser (it has its cookie)."""

    browser: httpx.Client
    clinic: OpenClinic
    name: str
    dice: random.Random
    load: Load
    gives_up_at: float

    def book(self, day: dt.date | None = None) -> bool:
        """Book any free time (of a day); False when none is left."""
        times = f"/{self.clinic.slug}/book/{self.clinic.calendar}" + (f"?day={day}" if day else "")
        while True:
            page = self.send("times", "GET", times)
            free = START.findall(page.text)
            if not free:
                return False
            form = {**hidden_fields(page.text), "start": self.dice.choice(free)}
            kept = self.send("hold", "POST", times, form)
            leads_to = urlsplit(kept.headers.get("Location", ""))
            refused = kept.status_code != 303 or "gone=" in leads_to.query
            if not refused and self._details(leads_to.path):
                self.load.note_booked(self.name)
                return True

    def _details(self, address: str) -> bool:
        page = self.send("details", "GET", address)
        form = {**hidden_fields(page.text), **details_of(self.name)}
        return self.send("book", "POST", address, form).status_code == 303

    def send(
        self, what: str, method: str, address: str, form: dict[str, str] | None = None
    ) -> httpx.Response:
        """The first answer that is no 503."""
        while time.monotonic() < self.gives_up_at:
            started = time.perf_counter()
            try:
                answer = self.browser.request(method, address, data=form)
            except httpx.TransportError:
                self.load.note_cut_off()
            else:
                self.load.note(what, answer, time.perf_counter() - started)
                if answer.status_code != 503:
                    return answer
            time.sleep(PAUSE_SECONDS)
        raise RuntimeError(f"no answer to {what}")


def new_browser(url: str) -> httpx.Client:
    """A browser that reads English."""
    return httpx.Client(
        base_url=url, timeout=20, trust_env=False, headers={"Accept-Language": "en"}
    )


def set_loose(
    url: str,
    clinic: OpenClinic,
    load: Load,
    *,
    guests: int,
    stop: threading.Event | None = None,
    days: int = 0,
    patience: float = 30.0,
) -> list[threading.Thread]:
    """Start guests in threads: each books once, or one name after the other until `stop` is set.

    With `days` each looks at one of the next days. Join the threads.
    """

    def one_name(name: str) -> bool:
        with new_browser(url) as browser:
            browser.cookies.set("browser", uuid.uuid4().hex)
            dice = random.Random(name)
            day = dt.datetime.now(dt.UTC).date() + dt.timedelta(dice.randint(1, max(days, 1)))
            guest = Stubborn(browser, clinic, name, dice, load, time.monotonic() + patience)
            return guest.book(day if days else None)

    def run(number: int) -> None:
        try:
            one_name(f"Guest {number}")
            turn = 0
            while stop is not None and not stop.is_set():
                turn += 1
                one_name(f"Guest {number} {turn}")
        except Exception as error:  # noqa: BLE001 - a thread that dies silently would look like a loser.
            load.broken.append(f"guest {number}: {error!r}")

    threads = [threading.Thread(target=run, args=(number,)) for number in range(guests)]
    for thread in threads:
        thread.start()
    return threads
