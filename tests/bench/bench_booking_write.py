"""Keeping a time and booking it, each against its floor: `python -m tests.bench.bench_booking_write`.

A hold over HTTP stands beside bare Flask with one Lua call (goal 2.5). A booking with contact, consents, audit, outbox
and occupancy stands beside the bare psycopg transaction that sets the scope and inserts one occupancy (goal 3): the
transaction alone, from BEGIN to COMMIT as a request runs it, in this process; and the whole POST over HTTP. A second
line shows how much of that goal the rows alone use up: bare Flask and psycopg that insert as many of them. One client
takes turns with the floors; every server, Postgres too, runs on other cores, and Postgres waits for the disk at each
commit, as production does.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import count
from time import perf_counter

import psycopg
from psycopg import sql
from sqlalchemy.orm import Session

from app.appointments.actions import Assigned, Wish, book_as_guest
from app.consents.queries import current_version
from app.kernel.access.actor import GUEST, Actor
from app.kernel.idempotency import claim
from app.kernel.redis import connect
from app.kernel.tenancy.scope import Scope, enter
from app.lib.ids import new_token
from app.people.actions import Contact
from app.scheduling.queries import Asker, CalendarView, calendar_view, slot_page
from tests.bench.floors.desk_sql import INSERT, SET
from tests.bench.running_system import durability, running_system, web_server
from tests.bench.taking_turns import Seconds, report, say, servers_apart
from tests.factories.open_clinic import OpenClinic, open_clinic
from tests.support.live import Live
from tests.support.plain_browser import PlainBrowser
from tests.support.racing import Guest, Race

GUESTS, WARM_UP = 70, 10
FAR = dt.datetime(2040, 1, 1, tzinfo=dt.UTC)
HOLD_FLOOR, HOLD = "floor: Flask, one Lua call", "hold POST over HTTP"
BOOK_FLOOR, BOOK = "floor: set_config, INSERT", "booking POST over HTTP"
ALONE = "booking transaction, BEGIN to COMMIT"
SAME_ROWS = "bare Flask + psycopg, the same {} rows"


def main() -> int:
    """Measure and print."""
    with ExitStack() as stack:
        with servers_apart():
            system = stack.enter_context(running_system(durable=True))
            now = dt.datetime.now(dt.UTC)
            clinic, alone, once = (
                system.run(partial(open_clinic, slug=slug, now=now, specialists=5))
                for slug in ("bench-write", "bench-alone", "bench-rows")
            )
            site, _ = web_server(system)
            floor, _ = web_server(
                system, "tests.bench.floors.desk:application", "/", BENCH_ORG=str(clinic.id)
            )
            rows, _ = web_server(
                system, "tests.bench.floors.booking:application", "/", BENCH_ORG=str(once.id)
            )
        _book_once(system, once)
        with PlainBrowser(rows) as bare:
            seconds = _measure(system, clinic, alone, site, floor, bare)
            same_rows = SAME_ROWS.format(bare.request("POST", "/book", {}).text)
        say(durability(system))
    report({name: seconds[name] for name in (HOLD_FLOOR, HOLD)}, HOLD_FLOOR, {HOLD: 2.5})
    write = {name: seconds[name] for name in (BOOK_FLOOR, ALONE)}
    write |= {same_rows: seconds[SAME_ROWS], BOOK: seconds[BOOK]}
    report(write, BOOK_FLOOR, {ALONE: 3.0, BOOK: 3.0})
    return 0


def _book_once(system: Live, clinic: OpenClinic) -> None:
    """The booking whose rows the floor writes again."""
    with Session(system.engine, expire_on_commit=False) as session:
        booking = _Booking(session, system, clinic)
        booking.choose()
        booking()


def _measure(
    system: Live, clinic: OpenClinic, alone: OpenClinic, site: str, floor: str, rows: PlainBrowser
) -> Seconds:
    seconds: Seconds = {HOLD_FLOOR: [], BOOK_FLOOR: [], ALONE: [], SAME_ROWS: []}
    result, line = Race(), threading.Barrier(1)
    with (
        PlainBrowser(floor) as other,
        psycopg.connect(system.database.app) as connection,
        Session(system.engine, expire_on_commit=False) as session,
    ):
        place, booking = _Occupying(connection, clinic), _Booking(session, system, alone)
        for number in range(GUESTS + WARM_UP):
            with PlainBrowser(site) as browser:
                dice = random.Random(number)
                Guest(browser, clinic, f"Guest {number}", dice, result).run(line)
            bare = partial(other.request, "POST", "/hold", {"start": str(number)})
            _timed(seconds[HOLD_FLOOR], bare)
            _timed(seconds[BOOK_FLOOR], place)
            _timed(seconds[SAME_ROWS], partial(_demand, rows, "/book"))
            booking.choose()
            _timed(seconds[ALONE], booking)
    if len(result.winners) != GUESTS + WARM_UP:
        raise RuntimeError(f"only {len(result.winners)} guests booked: {result.statuses}")
    told = seconds | {HOLD: result.seconds["hold"], BOOK: result.seconds["book"]}
    return {name: found[WARM_UP:] for name, found in told.items()}


def _demand(browser: PlainBrowser, path: str) -> None:
    answer = browser.request("POST", path, {})
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")


def _timed(seconds: list[float], call: Callable[[], object]) -> None:
    begun = perf_counter()
    call()
    seconds.append(perf_counter() - begun)


class _Booking:
    """The transaction of a booking as a request runs it: the scope, the calendar, the consent text, the visit."""

    def __init__(self, session: Session, system: Live, clinic: OpenClinic) -> None:
        self._session, self._clinic = session, clinic
        self._redis = connect(system.redis_url)
        self._numbers = count()
        self._wish: Wish | None = None
        enter(session, Scope(org_id=clinic.id))

    def choose(self) -> None:
        """A free time, as a hold has named it; not part of the transaction."""
        asker, today = Asker(dt.datetime.now(dt.UTC)), dt.datetime.now(dt.UTC).date()
        page = slot_page(
            self._session,
            self._redis,
            self._clinic.id,
            self._calendar(),
            asker,
            first=today + dt.timedelta(days=1),
            days=7,
            time_zone="Europe/Bucharest",
        )
        free = [slot for day in page.days for slot in day.slots]
        slot = random.Random(next(self._numbers)).choice(free)
        held = Assigned(slot.specialist_ids[0], "round_robin")
        self._wish = Wish(slot.starts_at, None, "online", "Europe/Bucharest", "me", assigned=held)
        self._session.rollback()

    def __call__(self) -> None:
        assert self._wish is not None
        now, org_id = dt.datetime.now(dt.UTC), self._clinic.id
        contact = Contact("Ana Pop", "ana@example.com", "+40722123456")
        calendar = self._calendar()
        text = current_version(self._session, org_id, "sms_appointments")
        assert text is not None
        claim(self._session, org_id, "bench", new_token(), "bench", {"visit": "1"})
        book_as_guest(
            self._session,
            self._redis,
            Actor(kind=GUEST, org_id=org_id),
            calendar,
            self._wish,
            contact,
            texts_allowed=True,
            text_id=text.id,
            now=now,
        )
        self._session.commit()

    def _calendar(self) -> CalendarView:
        slug = self._clinic.calendar
        return calendar_view(self._session, self._clinic.id, slug=slug, public_only=True)


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
