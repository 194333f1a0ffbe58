"""What row-level security costs: every SELECT of the hot pages beside the same SQL on twin tables without policies.

`python -m tests.bench.bench_rls [visits]`: the statements are taken from the pages as the product sends them, and run
as the application role with the scope set, on a platform of 40 clinics, one with 2,000 patients and 20,000 visits; the
twins lie in a schema of their own. Times are round trips of prepared statements in turn on one connection; the goal is
a ratio of at most 1.05 for each.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import psycopg
from sqlalchemy import event

from app.factory import create_app
from app.kernel.db import db
from config import Settings
from tests.bench.full_day import FullDay, full_day
from tests.bench.rls_tables import grow, on_twins, twins
from tests.bench.running_system import administrator, running_system
from tests.bench.taking_turns import say
from tests.support.live import Live

ROUNDS, EACH, WARM_UP, VISITS = 60, 3, 4, 20_000
SET_BOTH = "SELECT set_config('app.org_id', %s, true), set_config('app.human_id', %s, true)"


@dataclass(frozen=True)
class Sent:
    """A statement of a page with its values."""

    statement: str
    values: Any


def main() -> int:
    """Measure and print."""
    visits = int(sys.argv[1]) if len(sys.argv) > 1 else VISITS
    with running_system() as system:
        made = full_day(system, "bench-rls", 5, 4)
        asked = _selects(system, made)
        role = psycopg.conninfo.conninfo_to_dict(system.database.app)["user"]
        with psycopg.connect(administrator(system), autocommit=True) as owner:
            grow(owner, made.clinic.id, visits)
            tables = twins(owner, str(role))
        _compare(system, made, asked, tables)
    return 0


def _selects(system: Live, made: FullDay) -> dict[str, Sent]:
    """Statements that read rows, by their beginning; the first of each shape."""
    app = create_app(Settings.from_env(system.env))
    found: dict[str, Sent] = {}
    with app.app_context():
        engine = db.engine

    def note(
        _conn: object, _cursor: object, statement: str, values: object, *_rest: object
    ) -> None:
        text = " ".join(statement.split())
        if " FROM " in text and text.upper().startswith("SELECT"):
            found.setdefault(text, Sent(statement, values))

    event.listen(engine, "before_cursor_execute", note)
    browser = app.test_client()
    name, _, value = made.cookie.partition("=")
    browser.set_cookie(name, value)
    slug = made.clinic.slug
    for path in (
        f"{made.path}?view=list",
        f"/{slug}/book/kinetoterapie",
        f"/{slug}/console/patients?q=ana",
    ):
        answer = browser.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
    event.remove(engine, "before_cursor_execute", note)
    engine.dispose()
    return found


def _compare(system: Live, made: FullDay, asked: dict[str, Sent], tables: Collection[str]) -> None:
    say(f"{'RLS ms':>8} {'twin ms':>8} {'ratio':>6}  tables")
    with psycopg.connect(system.database.app) as connection:
        for text, sent in asked.items():
            pair = sent.statement.encode(), on_twins(sent.statement, tables).encode()
            times: tuple[list[float], list[float]] = ([], [])
            for number in range(-WARM_UP, ROUNDS):
                with connection.transaction():
                    connection.execute(SET_BOTH, (str(made.clinic.id), made.human_id))
                    for which in (0, 1, 1, 0) * EACH:
                        took = _milliseconds(connection, pair[which], sent.values)
                        if number >= 0:
                            times[which].append(took)
            with_policy, without = median(times[0]), median(times[1])
            ratio = with_policy / without
            say(
                f"{with_policy:8.3f} {without:8.3f} {ratio:6.2f}  {text.partition(' FROM ')[2][:88]}"
            )


def _milliseconds(connection: psycopg.Connection, statement: bytes, values: Any) -> float:
    """One prepared round trip."""
    begun = perf_counter()
    connection.execute(statement, values, prepare=True).fetchall()
    return (perf_counter() - begun) * 1000


if __name__ == "__main__":
    raise SystemExit(main())
