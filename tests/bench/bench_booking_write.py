"""Keeping a time and booking it over HTTP, each against its floor: `python -m tests.bench.bench_booking_write`.

A hold stands beside bare Flask with one Lua call (goal 2.5), a booking with contact, consents, audit, outbox and
occupancy beside the bare psycopg transaction that sets the scope and inserts one occupancy (goal 3). One client takes
turns with the floors; servers run on other cores.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
from itertools import count
from time import perf_counter

import httpx
import psycopg
from psycopg import sql

from tests.bench.floors.desk_sql import INSERT, SET
from tests.bench.running_system import running_system, web_server
from tests.bench.taking_turns import Seconds, report, servers_apart
from tests.factories.open_clinic import OpenClinic, open_clinic
from tests.support.live import Live
from tests.support.plain_browser import PlainBrowser
from tests.support.racing import Guest, Race

GUESTS, WARM_UP = 70, 10
FAR = dt.datetime(2040, 1, 1, tzinfo=dt.UTC)
HOLD_FLOOR, BOOK_FLOOR = "floor: Flask, one Lua call", "floor: set_config, INSERT"


def main() -> int:
    """Measure and print."""
    with running_system() as system:
        now = dt.datetime.now(dt.UTC)
        with servers_apart():
            clinic = system.run(
                lambda session: open_clinic(session, "bench-write", now=now, specialists=5)
            )
            site, _ = web_server(system)
            floor, _ = web_server(
                system, "tests.bench.floors.desk:application", "/", BENCH_ORG=str(clinic.id)
            )
        seconds = _measure(system, clinic, site, floor)
    report({name: seconds[name] for name in (HOLD_FLOOR, "hold")}, HOLD_FLOOR, {"hold": 2.5})
    report({name: seconds[name] for name in (BOOK_FLOOR, "book")}, BOOK_FLOOR, {"book": 3.0})
    return 0


def _measure(system: Live, clinic: OpenClinic, site: str, floor: str) -> Seconds:
    seconds: Seconds = {HOLD_FLOOR: [], BOOK_FLOOR: []}
    result, line = Race(), threading.Barrier(1)
    with (
        httpx.Client(base_url=floor, trust_env=False) as other,
        psycopg.connect(system.database.app) as connection,
    ):
        place = _Occupying(connection, clinic)
        for number in range(GUESTS + WARM_UP):
            with PlainBrowser(site) as browser:
                dice = random.Random(number)
                Guest(browser, clinic, f"Guest {number}", dice, result).run(line)
            begun = perf_counter()
            other.post("/hold", data={"start": str(number)}).raise_for_status()
            seconds[HOLD_FLOOR].append(perf_counter() - begun)
            begun = perf_counter()
            place()
            seconds[BOOK_FLOOR].append(perf_counter() - begun)
    if len(result.winners) != GUESTS + WARM_UP:
        raise RuntimeError(f"only {len(result.winners)} guests booked: {result.statuses}")
    told = seconds | {name: result.seconds[name] for name in ("hold", "book")}
    return {name: found[WARM_UP:] for name, found in told.items()}


class _Occupying:
    """The bare transaction: scope and one row of taken time, far in the future so that nobody is in its way."""

    def __init__(self, connection: psycopg.Connection, clinic: OpenClinic) -> None:
        self._connection, self._org = connection, clinic.id
        with connection.transaction():
            connection.execute(SET, (str(self._org),))
            found = connection.execute(sql.SQL("SELECT id, number FROM resources LIMIT 1"))
            self._resource = found.fetchone()
        self._numbers = count()

    def __call__(self) -> None:
        assert self._resource is not None
        start = FAR + dt.timedelta(hours=next(self._numbers))
        end = start + dt.timedelta(minutes=45)
        with self._connection.transaction():
            self._connection.execute(SET, (str(self._org),))
            self._connection.execute(INSERT, (self._org, *self._resource, start, end, start, end))


if __name__ == "__main__":
    raise SystemExit(main())
