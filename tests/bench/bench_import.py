"""What an import of patients costs: `python -m tests.bench.bench_import [rows]` (10,000 unless told).

The product's own steps (read, keep, look at every row, import in batches, take back) beside a floor of the same run:
the same rows put into `patients` and `patient_profiles` by plain psycopg, in batches of the same size. Processor time
of this process and time on the clock; the ratio counts, seconds depend on the machine.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from time import perf_counter, process_time

import psycopg
from sqlalchemy.orm import Session, sessionmaker

from app.kernel.access.actor import Actor
from app.kernel.outbox.dispatch import drain
from app.kernel.outbox.listeners import load_listeners
from app.kernel.tenancy.scope import Scope, enter
from app.lib.clock import SystemClock
from app.lib.csv_reading import read_sheet
from app.people.importing import actions
from app.people.importing.queries import one_import
from app.people.importing.working import BATCH_ROWS
from tests.bench.full_day import full_day
from tests.bench.running_system import running_system
from tests.bench.taking_turns import say
from tests.support.live import Live

ROWS = 10_000
HEADER = "Nume;Prenume;Telefon;E-mail;Data nașterii"


def main() -> int:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    raw = "\n".join([HEADER, *(_line(number) for number in range(count))]).encode()
    load_listeners()
    with running_system() as system:
        made = full_day(system, "bench-import", 1, 1)
        actor = Actor(kind="staff", org_id=made.clinic.id, human_id=uuid.UUID(made.human_id))
        floor = _timed("floor: plain inserts", lambda: _floor(system, made.clinic.id, count))
        _import(system, actor, raw, floor)
    return 0


def _line(number: int) -> str:
    born = f"{1 + number % 28:02d}.{1 + number % 12:02d}.{1940 + number % 70}"
    phone = f"07{20 + number % 10}{number:06d}"
    return f"Familia{number % 900};Ana{number};{phone};ana{number}@example.com;{born}"


def _import(system: Live, actor: Actor, raw: bytes, floor: float) -> None:
    clock, sessions = SystemClock(), sessionmaker(system.engine, expire_on_commit=False)
    kept: list[uuid.UUID] = []

    def begin() -> None:
        with _session(sessions, actor) as session:
            sheet = read_sheet(raw, max_rows=actions.MAX_ROWS)
            kept.append(actions.begin(session, actor, "all.csv", raw, sheet, now=clock.now()))
            session.commit()

    def look() -> None:
        with _session(sessions, actor) as session:
            mapping = one_import(session, actor.clinic, kept[0]).mapping
            actions.look(session, actor, kept[0], mapping, lenient=False, now=clock.now())
            session.commit()
        drain(sessions, clock)

    def start() -> None:
        with _session(sessions, actor) as session:
            actions.start(session, actor, kept[0], known="leave", now=clock.now())
            session.commit()
        drain(sessions, clock)

    def undo() -> None:
        with _session(sessions, actor) as session:
            actions.take_back(session, actor, kept[0], now=clock.now())
            session.commit()
        drain(sessions, clock)

    _timed("read and keep", begin)
    _timed("look at every row", look)
    imported = _timed("import", start)
    _timed("take back", undo)
    with _session(sessions, actor) as session:
        say(f"became of them: {one_import(session, actor.clinic, kept[0]).tally}")
    say(f"import by floor: {imported / floor:.1f}")


def _session(sessions: sessionmaker[Session], actor: Actor) -> Session:
    session = sessions()
    enter(session, Scope(org_id=actor.clinic))
    return session


def _floor(system: Live, org_id: uuid.UUID, count: int) -> None:
    """The same number of rows in the same two tables, with the scope set, a batch a transaction; taken away again."""
    with psycopg.connect(system.database.app) as connection:
        for start in range(0, count, BATCH_ROWS):
            with connection.transaction(force_rollback=True), connection.cursor() as cursor:
                cursor.execute("SELECT set_config('app.org_id', %s, true)", (str(org_id),))
                rows = [(uuid.uuid4(), uuid.uuid4(), n) for n in range(start, start + BATCH_ROWS)]
                cursor.executemany(
                    "INSERT INTO patient_profiles (id, name) VALUES (%s, %s)",
                    [(profile, f"Ana {n}") for _id, profile, n in rows],
                )
                cursor.executemany(
                    "INSERT INTO patients (org_id, id, profile_id, name, search_name, search_text)"
                    " VALUES (%s, %s, %s, %s, %s, %s)",
                    [
                        (org_id, id_, profile, f"Ana {n}", f"ana {n}", f"ana {n}")
                        for id_, profile, n in rows
                    ],
                )


def _timed(what: str, work: Callable[[], None]) -> float:
    clock, processor = perf_counter(), process_time()
    work()
    spent = perf_counter() - clock
    say(f"{what}: {spent:.1f} s on the clock, {process_time() - processor:.1f} s of processor")
    return spent


if __name__ == "__main__":
    raise SystemExit(main())
