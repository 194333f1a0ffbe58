"""Booking pages under 16 concurrent clients and two gunicorn workers, as ratios to a bare Flask page of the same run.

`python -m tests.bench.bench_booking_pages [--url NAME=PATH ...] [--cookie NAME=VALUE] [--base ADDRESS]`: further pages
(the day calendar of a running system) join the same rounds. Rounds are short and interleaved, so that a busy moment of
the machine hits every page alike; clients and servers share the cores, so read the ratios and not the milliseconds.
"""

from __future__ import annotations

import argparse
import datetime as dt
import http.client
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from urllib.parse import urlsplit

from sqlalchemy import event

from app.factory import create_app
from app.kernel.db import db
from config import Settings
from tests.bench.running_system import running_system, web_server
from tests.factories.open_clinic import open_clinic
from tests.support.live import Live

CLIENTS = 16
ROUNDS, ROUND_SECONDS = 4, 1.2
FLOOR = "bare page"


@dataclass(frozen=True)
class Target:
    """One page to ask for."""

    name: str
    address: str
    cookie: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    asked = _arguments(arguments)
    with running_system() as system:
        slug = "bench"
        now = dt.datetime.now(dt.UTC)
        system.run(lambda session: open_clinic(session, slug, now=now, specialists=5))
        address, _ = web_server(system)
        floor, _ = web_server(system, "tests.bench.floors.bare_page:application", health="/")
        day = (now + dt.timedelta(days=9)).date()
        pages = {
            "clinic page": f"/{slug}/",
            "slots page": f"/{slug}/book/kinetoterapie",
            "slots, another day": f"/{slug}/book/kinetoterapie?day={day}",
        }
        targets = [Target(FLOOR, f"{floor}/")]
        targets += [Target(name, address + path) for name, path in pages.items()]
        targets += [
            Target(name, (asked.base or address) + path, asked.cookie)
            for name, _, path in (one.partition("=") for one in asked.url)
        ]
        seconds = _measure(targets)
        queries = _queries(system, pages)
    _report(seconds, queries)
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--cookie", default="", metavar="NAME=VALUE")
    parser.add_argument("--base", default="", metavar="ADDRESS")
    return parser.parse_args(arguments)


def _measure(targets: Sequence[Target]) -> dict[str, list[float]]:
    """Seconds of every request, by page; rounds go round the pages."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for target in targets:
        _round(target, 0.4)  # Connections, compiled templates, caches.
    for _ in range(ROUNDS):
        for target in targets:
            seconds[target.name] += _round(target, ROUND_SECONDS)
    return seconds


def _round(target: Target, length: float) -> list[float]:
    found: list[float] = []
    until = time.perf_counter() + length
    clients = [
        threading.Thread(target=_client, args=(target, until, found)) for _ in range(CLIENTS)
    ]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    return found


def _client(target: Target, until: float, found: list[float]) -> None:
    """A browser that keeps its connection and asks again as soon as it has the answer."""
    parts = urlsplit(target.address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    headers = {"Cookie": target.cookie} if target.cookie else {}
    while (started := time.perf_counter()) < until:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{target.name} answered {answer.status}")
        found.append(time.perf_counter() - started)
    connection.close()


def _queries(system: Live, pages: dict[str, str]) -> dict[str, int]:
    """Statements that each page sends, counted in this process on the same database."""
    app = create_app(Settings.from_env(system.env))
    counted: dict[str, int] = {}
    with app.app_context():
        engine = db.engine
    for name, path in pages.items():
        statements: list[str] = []

        def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            statements.append(statement)  # noqa: B023 - removed before the next page begins.

        event.listen(engine, "before_cursor_execute", note)
        answer = app.test_client().get(path)
        event.remove(engine, "before_cursor_execute", note)
        if answer.status_code != 200:
            raise RuntimeError(f"{name} answered {answer.status_code}")
        counted[name] = len(statements)
    engine.dispose()
    return counted


def _report(seconds: dict[str, list[float]], queries: dict[str, int]) -> None:
    floor = _percentiles(seconds[FLOOR])
    heads = f"{'page':20} {'requests':>8} {'p50 ms':>7} {'p95 ms':>7} {'p50 ×':>6} {'p95 ×':>6}"
    _say(f"{heads} {'queries':>7}")
    for name, found in seconds.items():
        p50, p95 = _percentiles(found)
        ratios = f"{p50 / floor[0]:6.1f} {p95 / floor[1]:6.1f}"
        asked = queries.get(name, "")
        _say(f"{name:20} {len(found):8} {p50 * 1000:7.1f} {p95 * 1000:7.1f} {ratios} {asked:>7}")


def _percentiles(found: list[float]) -> tuple[float, float]:
    cuts = quantiles(found, n=20)
    return cuts[9], cuts[18]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
