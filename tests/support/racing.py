"""Guests racing for the same times over HTTP, each a browser of its own, against a running server."""

from __future__ import annotations

import datetime as dt
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import urlsplit

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.catalog.actions import ServiceDraft
from app.kernel.access.actor import system
from app.kernel.tenancy.scope import Scope, scoped
from app.people.models import Patient
from app.scheduling.actions import set_override
from app.scheduling.models import Occupancy
from tests.factories.open_clinic import OpenClinic, open_clinic

MINUTES = 20
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
START = re.compile(r'name="start" value="(\d+)"')
TRIES = 60


@dataclass
class Race:
    """What came of it. `winners` are the names of guests who were led to a visit; seconds for each request."""

    winners: list[str] = field(default_factory=list)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, status: int, seconds: float) -> None:
        with self._lock:
            self.statuses[what, status] += 1
            self.seconds.setdefault(what, []).append(seconds)

    def won(self, name: str) -> None:
        with self._lock:
            self.winners.append(name)

    @property
    def server_errors(self) -> int:
        return sum(count for (_, status), count in self.statuses.items() if status >= 500)


def contested_clinic(session: Session, slug: str, times: int, now: dt.datetime) -> OpenClinic:
    """A clinic with one specialist who has exactly `times` free times, all on one day."""
    service = ServiceDraft(
        "race", {"en": "Race", "ro": "Cursă"}, "therapy", MINUTES, 100, step_min=MINUTES
    )
    clinic = open_clinic(session, slug, now=now, windows=(), service=service)
    day, start = now.date() + dt.timedelta(days=3), 120
    with scoped(session, Scope(org_id=clinic.id)):
        set_override(
            session,
            system(clinic.id),
            clinic.specialist_ids[0],
            day,
            "add",
            [(start, start + times * MINUTES)],
            "race",
            now,
        )
    return clinic


def race(
    base_url: str, clinic: OpenClinic, guests: int, seed: int = 1, *, herd: bool = False
) -> Race:
    """Let the guests loose at once; returns when each has a visit or has seen that nothing is left.

    As a herd all of them want the first free time, otherwise each wants any.
    """
    result, line = Race(), threading.Barrier(guests)
    runners = [
        threading.Thread(
            target=_run,
            args=(base_url, clinic, f"Guest {n}", None if herd else n + seed, line, result),
        )
        for n in range(guests)
    ]
    for one in runners:
        one.start()
    for one in runners:
        one.join()
    return result


def _run(
    base_url: str,
    clinic: OpenClinic,
    name: str,
    seed: int | None,
    line: threading.Barrier,
    result: Race,
) -> None:
    try:
        with httpx.Client(base_url=base_url, timeout=60, trust_env=False) as browser:
            dice = None if seed is None else random.Random(seed)
            Guest(browser, clinic, name, dice, result).run(line)
    except Exception as error:  # noqa: BLE001 - a thread that dies silently would look like a loser.
        result.broken.append(f"{name}: {error!r}")


@dataclass
class Guest:
    """One guest: keeps a time, gives the details, takes the nearest one when it is gone."""

    browser: httpx.Client
    clinic: OpenClinic
    name: str
    dice: random.Random | None
    result: Race

    def run(self, line: threading.Barrier) -> None:
        times = f"/{self.clinic.slug}/book/{self.clinic.calendar}"
        line.wait(60)
        page = self._send("times", "GET", times)
        for _ in range(TRIES):
            free = START.findall(page.text)
            if not free:
                return None
            page = self._send("hold", "POST", times, self._form(page, self._one(free)))
            if page.status_code != 303:
                continue
            page = self._details(urlsplit(page.headers["Location"]).path)
            if page.status_code == 303:
                return self.result.won(self.name)
            page = self._send("times", "GET", times)
        raise RuntimeError(f"still racing after {TRIES} tries")

    def _details(self, address: str) -> httpx.Response:
        """Book; take one of the times offered instead until there is none."""
        page = self._send("details", "GET", address)
        who = {"name": self.name, "country": "RO", "phone": "0722123456", "texts": "y"}
        who["email"] = f"{self.name.replace(' ', '.').lower()}@example.com"
        form = self._form(page, {**who})
        while True:
            page = self._send("book", "POST", address, form)
            near = START.findall(page.text)
            if page.status_code not in (409, 410) or not near:
                return page
            form = form | self._one(near)

    def _one(self, free: list[str]) -> dict[str, str]:
        return {"start": self.dice.choice(free) if self.dice else free[0]}

    def _form(self, page: httpx.Response, fields: dict[str, str]) -> dict[str, str]:
        token = CSRF.search(page.text)
        assert token, f"no form in answer {page.status_code}"
        return {"csrf_token": token[1], **fields}

    def _send(
        self, what: str, method: str, address: str, form: dict[str, str] | None = None
    ) -> httpx.Response:
        started = time.perf_counter()
        answer = self.browser.request(method, address, data=form)
        self.result.note(what, answer.status_code, time.perf_counter() - started)
        return answer


@dataclass(frozen=True)
class Booked:
    """What the database holds after a race."""

    names: list[str]
    starts: list[dt.datetime]
    taken: list[tuple[dt.datetime, dt.datetime]]

    @property
    def overlaps(self) -> int:
        ordered = sorted(self.taken)
        return sum(after[0] < before[1] for before, after in pairwise(ordered))


def booked(session: Session, clinic: OpenClinic) -> Booked:
    """Visits with their guests, and the time that is taken."""
    with scoped(session, Scope(org_id=clinic.id)):
        rows = session.execute(
            select(Patient.name, Appointment.starts_at).join(
                Patient,
                (Patient.org_id == Appointment.org_id) & (Patient.id == Appointment.patient_id),
            )
        ).all()
        taken = session.execute(
            select(Occupancy.starts_at, Occupancy.ends_at).where(Occupancy.live)
        )
        return Booked(
            sorted(row.name for row in rows),
            sorted(row.starts_at for row in rows),
            [(row.starts_at, row.ends_at) for row in taken],
        )
