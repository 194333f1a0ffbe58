"""Guests racing for the same times over HTTP, each a browser of its own, against a running server."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.factories.open_clinic import OpenClinic
from tests.support.plain_browser import Answer, PlainBrowser

HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*name="([^"]+)" value="([^"]*)"')
START = re.compile(r'name="start" value="(\d+)"')
TRIES = 60


def hidden_fields(text: str) -> dict[str, str]:
    """What a browser sends of a page's form beside what its person chooses."""
    hidden = dict(HIDDEN.findall(text))
    assert "csrf_token" in hidden, f"no form in {text[:300]}"
    return hidden


def details_of(name: str) -> dict[str, str]:
    """What somebody of that name types on the page of details."""
    mail = f"{name.replace(' ', '.').lower()}@example.com"
    return {"name": name, "country": "RO", "phone": "0722123456", "email": mail, "texts": "y"}


@dataclass
class Race:
    """What came of it. `winners` are the names of guests who were led to a visit; seconds for each request.

    `took` is the time from the start to the last answer.
    """

    winners: list[str] = field(default_factory=list)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    took: float = 0.0

    def note(self, what: str, status: int, seconds: float) -> None:
        self.statuses[what, status] += 1
        self.seconds.setdefault(what, []).append(seconds)

    def won(self, name: str) -> None:
        self.winners.append(name)

    def join(self, other: Race) -> None:
        """Take up what another guest has noted."""
        self.winners += other.winners
        self.statuses += other.statuses
        self.broken += other.broken
        for what, seconds in other.seconds.items():
            self.seconds.setdefault(what, []).extend(seconds)

    @property
    def server_errors(self) -> int:
        return sum(count for (_, status), count in self.statuses.items() if status >= 500)

    @property
    def attempts(self) -> int:
        """How often somebody tried to keep or to book a time."""
        return sum(len(self.seconds.get(what, ())) for what in ("hold", "book"))


def race(
    base_url: str, clinic: OpenClinic, guests: int, seed: int = 1, *, herd: bool = False
) -> Race:
    """Let the guests loose at once; returns when each has a visit or has seen that nothing is left.

    As a herd all of them want the first free time, otherwise each wants any.
    """
    line = threading.Barrier(guests + 1)
    results = [Race() for _ in range(guests)]  # One for each, so that nobody waits for a lock.
    runners = [
        threading.Thread(
            target=_run,
            args=(base_url, clinic, f"Guest {n}", None if herd else n + seed, line, result),
        )
        for n, result in enumerate(results)
    ]
    for one in runners:
        one.start()
    line.wait(60)
    begun = time.perf_counter()
    for one in runners:
        one.join()
    total = Race(took=time.perf_counter() - begun)
    for result in results:
        total.join(result)
    return total


def _run(
    base_url: str,
    clinic: OpenClinic,
    name: str,
    seed: int | None,
    line: threading.Barrier,
    result: Race,
) -> None:
    try:
        with PlainBrowser(base_url) as browser:
            dice = None if seed is None else random.Random(seed)
            Guest(browser, clinic, name, dice, result).run(line)
    except Exception as error:  # noqa: BLE001 - a thread that dies silently would look like a loser.
        result.broken.append(f"{name}: {error!r}")


@dataclass
class Guest:
    """One guest: keeps a time, gives the details, takes the nearest one when it is gone."""

    browser: PlainBrowser
    clinic: OpenClinic
    name: str
    dice: random.Random | None
    result: Race

    def run(self, line: threading.Barrier) -> None:
        times = f"/{self.clinic.slug}/book/{self.clinic.calendar}"
        line.wait(60)
        for _ in range(TRIES):
            page = self._send("times", "GET", times)
            free = list(dict.fromkeys(START.findall(page.text)))
            if not free:
                return None
            if self.dice:
                self.dice.shuffle(free)
            if any(self._tried(times, page, start) for start in free):
                return self.result.won(self.name)
        raise RuntimeError(f"still racing after {TRIES} looks")

    def _tried(self, times: str, page: Answer, start: str) -> bool:
        """Whether the time became theirs; who is refused tries the next one without looking again."""
        kept = self._send("hold", "POST", times, self._form(page, {"start": start}))
        if kept.status_code != 303:
            return False
        address = urlsplit(kept.headers["location"]).path
        return address != times and self._details(address).status_code == 303

    def _details(self, address: str) -> Answer:
        """Book; take one of the times offered instead until there is none."""
        page = self._send("details", "GET", address)
        form = self._form(page, details_of(self.name))
        while True:
            page = self._send("book", "POST", address, form)
            near = START.findall(page.text)
            if page.status_code not in (409, 410) or not near:
                return page
            form = form | self._one(near)

    def _one(self, free: list[str]) -> dict[str, str]:
        return {"start": self.dice.choice(free) if self.dice else free[0]}

    def _form(self, page: Answer, fields: dict[str, str]) -> dict[str, str]:
        return {**hidden_fields(page.text), **fields}

    def _send(
        self, what: str, method: str, address: str, form: dict[str, str] | None = None
    ) -> Answer:
        started = time.perf_counter()
        answer = self.browser.request(method, address, form)
        self.result.note(what, answer.status_code, time.perf_counter() - started)
        return answer
