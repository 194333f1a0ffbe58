"""The floor of a booking's writes: bare Flask and psycopg that insert the same rows as a booking, in one transaction.

The rows of the one booking that BENCH_ORG has made are read once; a POST to /book inserts them again with new
identifiers, references and times, the statements prepared and sent in one pipeline. Nothing is checked, looked up or
decided: what a booking costs beyond this is its rules and its page. Environment as the product's.
"""

from __future__ import annotations

import datetime as dt
import os
import uuid
from dataclasses import dataclass
from itertools import count
from typing import Any

import psycopg
from flask import Flask
from psycopg import sql
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from tests.bench.floors.desk_sql import SET

# In the order of their references. Rows of the same transaction share its number.
TABLES = (
    "idempotency_keys",
    "occupancies",
    "patients",
    "appointments",
    "appointment_changes",
    "consents",
    "audit_events",
    "outbox_events",
)
MADE = "SELECT * FROM {} WHERE org_id = %s AND xmin = (SELECT xmin FROM appointments WHERE org_id = %s)"
# The database fills these in by itself.
GIVEN_BY_DATABASE = """
SELECT attname FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND (attgenerated <> '' OR attidentity <> '')
"""
MOVED = frozenset({"starts_at", "ends_at", "visit_starts_at", "visit_ends_at"})
NEW_WORDS = frozenset({"reference", "key"})

application = Flask(__name__)
pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=2, max_size=4, open=False)
# Every process makes its own rows, far away from each other's.
numbers = count(os.getpid() * 1_000)


@dataclass(frozen=True)
class Written:
    """A row that a booking has written, and the statement that writes it."""

    statement: bytes
    values: dict[str, Any]


@application.get("/")
def alive() -> str:
    """Nothing but an answer."""
    return "ok"


@application.post("/book")
def book() -> str:
    """All rows of a booking once more."""
    pool.open()
    org, number = os.environ["BENCH_ORG"], next(numbers)
    with pool.connection() as connection:
        rows = rows_of_booking(connection, org)
        fresh = {row.values["id"]: uuid.uuid4() for row in rows}
        with connection.transaction(), connection.pipeline():
            connection.execute(SET, (org,))
            for row in rows:
                values = [_once_more(*field, fresh, number) for field in row.values.items()]
                connection.execute(row.statement, values, prepare=True)
    return str(len(rows))


_kept: dict[str, list[Written]] = {}


def rows_of_booking(connection: psycopg.Connection, org: str) -> list[Written]:
    """What the clinic's only booking has written, read once."""
    if org not in _kept:
        with connection.transaction():
            connection.execute(SET, (org,))
            _kept[org] = [row for table in TABLES for row in _rows(connection, org, table)]
    return _kept[org]


def _rows(connection: psycopg.Connection, org: str, table: str) -> list[Written]:
    cursor = connection.execute(sql.SQL(MADE).format(sql.Identifier(table)), (org, org))
    names = [column.name for column in cursor.description or ()]
    made = cursor.fetchall()
    filled = {name for (name,) in connection.execute(GIVEN_BY_DATABASE, (table,))}
    return [_written(table, dict(zip(names, row, strict=True)), filled) for row in made]


def _written(table: str, row: dict[str, Any], filled: set[str]) -> Written:
    values = {
        name: Jsonb(value) if isinstance(value, dict | list) else value
        for name, value in row.items()
        if value is not None and name not in filled
    }
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() * len(values)),
    )
    return Written(statement.as_bytes(), values)


def _once_more(name: str, value: Any, fresh: dict[Any, uuid.UUID], number: int) -> Any:
    """The value of a column in the next booking: its own identifiers, another time, another reference."""
    if isinstance(value, uuid.UUID):
        return fresh.get(value, value)
    if name in MOVED and isinstance(value, dt.datetime):
        return value + dt.timedelta(hours=2 * number)
    return f"F{number}" if name in NEW_WORDS else value
