"""Sealing anew, with the current key, whatever an older key sealed (KRN-08).

No database role gets to see more for it: rows of a clinic, and of people whom it knows, are read in that clinic's own
scope; accounts are read as the owner of the tables, whose policy on `humans` allows just that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, select, tuple_, type_coerce, update
from sqlalchemy.orm import Session

from app.kernel import crypto
from app.kernel.crypto import SealedValue
from app.kernel.db import Base, EncryptedText

BATCH = 200
BY_OWNER = ("humans",)
Key = tuple[Any, ...]


def sealed_columns() -> list[Column[Any]]:
    """Every column of the schema that holds sealed values."""
    return [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, EncryptedText)
    ]


def rotate_column(session: Session, column: Column[Any]) -> int:
    """Seal anew what the session sees of a column, committing every BATCH rows; how many changed.

    A value that somebody else changes meanwhile is left to them: it is written only where it is still what was read.
    Raises what `KeyRing.decrypt` raises.
    """
    done = 0
    for batch in _batches(session, column):
        read = {value.row: value.sealed for value in batch}
        for fresh in crypto.rotate(crypto.ring(), batch):
            done += _write(session, column, fresh, read[fresh.row])
        session.commit()
    return done


def _batches(session: Session, column: Column[Any]) -> Iterator[list[SealedValue[Key]]]:
    table, sealed_type = _table(column), column.type
    assert isinstance(sealed_type, EncryptedText)
    context = sealed_type.context
    keys = list(table.primary_key.columns)
    raw = type_coerce(column, LargeBinary).label("sealed")
    query = select(*keys, raw).where(column.is_not(None)).order_by(*keys).limit(BATCH)
    after: Key | None = None
    while True:
        asked = query if after is None else query.where(tuple_(*keys) > after)
        rows = session.execute(asked).all()
        if not rows:
            return
        yield [SealedValue(tuple(row[:-1]), context, bytes(row[-1])) for row in rows]
        after = tuple(rows[-1][:-1])


def _write(session: Session, column: Column[Any], fresh: SealedValue[Key], before: bytes) -> int:
    table = _table(column)
    here = [key == value for key, value in zip(table.primary_key.columns, fresh.row, strict=True)]
    written = session.execute(
        update(table)
        .where(*here, type_coerce(column, LargeBinary) == before)
        .values({column.name: type_coerce(fresh.sealed, LargeBinary)})
    )
    return int(written.rowcount)  # type: ignore[attr-defined]  # an UPDATE gives a cursor result.


def _table(column: Column[Any]) -> Table:
    table = column.table
    assert isinstance(table, Table)
    return table
