"""Rows that nobody waits for, sent together: in one statement before the transaction's next one, or its commit.

A change writes its history, audit and event beside itself; one by one they would cost a round trip each. What is kept
here belongs to the connection's transaction: a statement that reads finds the rows, a savepoint or a rollback takes
them along, and an error shows with the statement that sends them.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Table, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.pool import Pool
from sqlalchemy.types import TypeDecorator

from app.kernel.db.base import Base, table_of

_WAITING = "rows_to_send"
Shape = tuple[Table, tuple[str, ...]]
Waiting = dict[Shape, list[Mapping[str, Any]]]


def write_row(session: Session, table: Table, values: Mapping[str, Any]) -> None:
    """Insert a row without waiting for it. For rows that nothing can refuse but a programmer's mistake.

    Several rows of one statement do not see each other in triggers before the insert; references between them hold.
    """
    session.flush()  # What it refers to may still wait in the mapper.
    connection = session.connection()
    waiting: Waiting = connection.info.setdefault(_WAITING, defaultdict(list))
    waiting[table, tuple(values)].append(values)


def write_object(session: Session, model: type[Base], values: Mapping[str, Any]) -> Any:
    """The same, and the row as an object of the session, as if it had been read back."""
    write_row(session, table_of(model), values)
    made = model(**values)
    make_transient_to_detached(made)
    session.add(made)
    return made


@lru_cache(maxsize=256)
def _statement(shapes: tuple[Shape, ...]) -> str:
    """One INSERT for each table, all of them one statement; its only parameter holds every row as JSON.

    Few texts and one type of parameter: every connection soon has them prepared.
    """
    *first, last = (_insert(place, table, names) for place, (table, names) in enumerate(shapes))
    parts = [_GIVEN, *(_PART.format(sql.Identifier(f"w{n}"), part) for n, part in enumerate(first))]
    return sql.SQL("WITH {} {}").format(sql.SQL(", ").join(parts), last).as_string()


_GIVEN = sql.SQL("given AS MATERIALIZED (SELECT %s::jsonb AS rows)")
_PART = sql.SQL("{} AS ({})")
_INSERT = sql.SQL(
    "INSERT INTO {table} ({columns})"
    " SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, (SELECT rows->{place} FROM given))"
)


def _insert(place: int, table: Table, names: tuple[str, ...]) -> sql.Composed:
    if any(isinstance(table.c[name].type, TypeDecorator) for name in names):
        raise TypeError(f"{table.name} has columns that only the mapper can write")
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    return _INSERT.format(
        table=sql.Identifier(table.name), columns=columns, place=sql.Literal(place)
    )


def send_waiting(connection: Connection) -> None:
    """Send what waits, if anything does."""
    waiting: Waiting | None = connection.info.pop(_WAITING, None)
    if waiting:
        rows = Jsonb(list(waiting.values()), dumps=_dumps)
        connection.exec_driver_sql(_statement(tuple(waiting)), (rows,))


def _dumps(rows: Any) -> str:
    return json.dumps(rows, default=_text, ensure_ascii=False)


def _text(value: Any) -> str:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")


@event.listens_for(Engine, "before_cursor_execute")
def _before_statement(connection: Connection, *_rest: object) -> None:
    if _WAITING in connection.info:
        send_waiting(connection)


@event.listens_for(Engine, "commit")
def _before_commit(connection: Connection) -> None:
    send_waiting(connection)


@event.listens_for(Engine, "savepoint")
def _before_savepoint(connection: Connection, _name: str) -> None:
    send_waiting(connection)


@event.listens_for(Engine, "rollback")
def _rolled_back(connection: Connection) -> None:
    connection.info.pop(_WAITING, None)


@event.listens_for(Engine, "rollback_savepoint")
def _savepoint_rolled_back(connection: Connection, _name: str, _context: None) -> None:
    connection.info.pop(_WAITING, None)


@event.listens_for(Pool, "checkin")
def _given_back(_driver: Any, record: Any) -> None:
    """Whatever happened: what was written for one borrower never reaches the next one's transaction."""
    record.info.pop(_WAITING, None)
