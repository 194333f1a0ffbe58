"""What row-level security costs: every SELECT of the hot pages beside the same SQL on twin tables without policies.

`python -m tests.bench.bench_rls [visits]`: the statements are taken from the pages as the product sends them, and run
as the application role with the scope set; the twins lie in a schema of their own, chosen by the search path. Times
are round trips of prepared statements in turn; the goal is a ratio of at most 1.05 for each.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import event

from app.factory import create_app
from app.kernel.db import db
from config import Settings
from tests.bench.full_day import FullDay, full_day
from tests.bench.running_system import administrator, running_system
from tests.bench.taking_turns import say
from tests.support.live import Live

ROUNDS, WARM_UP, VISITS = 121, 10, 20_000
SET_BOTH = "SELECT set_config('app.org_id', %s, true), set_config('app.human_id', %s, true)"
TWIN = "twin"
# Old visits of one clinic beside a clinic of others: what a policy must tell apart.
OLD_VISITS = """
INSERT INTO appointments SELECT (jsonb_populate_record(NULL::appointments, to_jsonb(a) || jsonb_build_object(
    'id', gen_random_uuid(), 'reference', 'B' || n, 'version', 1,
    'starts_at', a.starts_at - n * interval '1 hour', 'ends_at', a.ends_at - n * interval '1 hour'))).*
FROM generate_series(1, %s) n CROSS JOIN (SELECT * FROM appointments LIMIT 1) a
"""


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
        with psycopg.connect(administrator(system), autocommit=True) as owner:
            _grow(owner, visits)
            _twins(owner, system)
        _compare(system, made, asked)
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


def _grow(owner: psycopg.Connection, visits: int) -> None:
    owner.execute(
        "SET session_replication_role = replica"
    )  # No triggers and foreign keys for old rows.
    owner.execute(OLD_VISITS, (visits,))


def _twins(owner: psycopg.Connection, system: Live) -> None:
    """Every table once more, without policies."""
    role = psycopg.conninfo.conninfo_to_dict(system.database.app)["user"]
    schema, reader = sql.Identifier(TWIN), sql.Identifier(str(role))
    owner.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
    tables = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    for (name,) in tables:
        own, twin = sql.Identifier("public", name), sql.Identifier(TWIN, name)
        owner.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(twin, own))
        columns = _columns(owner, name)
        owner.execute(
            sql.SQL("INSERT INTO {} ({c}) OVERRIDING SYSTEM VALUE SELECT {c} FROM {}").format(
                twin, own, c=columns
            )
        )
    owner.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, reader))
    owner.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(schema, reader))
    owner.execute("ANALYZE")


def _columns(owner: psycopg.Connection, table: str) -> sql.Composed:
    rows = owner.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
        "AND NOT attisdropped AND attgenerated = ''",
        (f"public.{table}",),
    )
    return sql.SQL(", ").join(sql.Identifier(name) for (name,) in rows)


def _compare(system: Live, made: FullDay, asked: dict[str, Sent]) -> None:
    say(f"{'RLS ms':>8} {'twin ms':>8} {'ratio':>6}  tables")
    with _reader(system, "public") as own, _reader(system, f"{TWIN},public") as twin:
        for text, sent in asked.items():
            calls = {
                "own": lambda sent=sent: _milliseconds(own, made, sent),
                "twin": lambda sent=sent: _milliseconds(twin, made, sent),
            }
            times: dict[str, list[float]] = {name: [] for name in calls}
            for number in range(-WARM_UP, ROUNDS):
                for name, call in calls.items():
                    took = call()
                    if number >= 0:
                        times[name].append(took)
            with_policy, without = median(times["own"]), median(times["twin"])
            tables = text.partition(" FROM ")[2][:88]
            say(f"{with_policy:8.3f} {without:8.3f} {with_policy / without:6.2f}  {tables}")


def _reader(system: Live, path: str) -> psycopg.Connection:
    return psycopg.connect(system.database.app, options=f"-c search_path={path}")


def _milliseconds(connection: psycopg.Connection, made: FullDay, sent: Sent) -> float:
    """One prepared round trip, inside a transaction with the scope of the page."""
    with connection.transaction():
        connection.execute(SET_BOTH, (str(made.clinic.id), made.human_id))
        begun = perf_counter()
        connection.execute(sent.statement.encode(), sent.values, prepare=True).fetchall()
        return (perf_counter() - begun) * 1000


if __name__ == "__main__":
    raise SystemExit(main())
