"""Steps of an import that somebody takes at the desk (BYD-09). What takes long runs in the worker (working.py)."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.kernel import live
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.db import table_of
from app.kernel.outbox import emit
from app.lib.csv_reading import Record, Sheet
from app.lib.errors import Conflict, Expired, Invalid, NotFound
from app.lib.files import safe_filename
from app.lib.ids import uuid7
from app.people.importing.checking import DOUBLE, KNOWN, check_rows
from app.people.importing.models import ImportRow, PatientImport
from app.people.importing.reading import reading_of, seal
from app.people.rules import sheet_columns

READ, CHECKING, CHECKED = "read", "checking", "checked"
IMPORTING, DONE = "importing", "done"
UNDOING, UNDONE, DISCARDED = "undoing", "undone", "discarded"
CHECK, BATCH, UNDO = "patient_import.check", "patient_import.batch", "patient_import.undo"
ADD, LEAVE, FILL = "add", "leave", "fill"
CHOICES = {KNOWN: (LEAVE, FILL, ADD), DOUBLE: (LEAVE, ADD)}
AT_ONCE = 300
"""Rows that are looked at while the reader waits; more are looked at by the worker."""
MAX_ROWS = 20_000
UNDO_DAYS = 30
STALLED = dt.timedelta(minutes=3)
_ROWS = table_of(ImportRow)


def begin(
    session: Session, actor: Actor, filename: str, raw: bytes, sheet: Sheet, *, now: dt.datetime
) -> uuid.UUID:
    """Keep a file that was read, with a guess of what its columns hold; gives the import. Nothing is written to cards.

    Raises Invalid `csv_no_patients` where the file only names its columns.
    """
    header, records = _header(sheet)
    if not records:
        raise Invalid.one("file", "csv_no_patients")
    import_id = uuid7()
    session.execute(
        insert(PatientImport).values(
            org_id=actor.clinic,
            id=import_id,
            filename=safe_filename(filename),
            sha256=hashlib.sha256(raw).hexdigest(),
            encoding=sheet.encoding.value,
            separator=sheet.separator.value,
            header=header,
            mapping=list(sheet_columns.guess(header)),
            row_count=len(records),
            state=READ,
            created_by=actor.human_id,
            moved_at=now,
            created_at=now,
        )
    )
    session.execute(
        insert(_ROWS),
        [
            {
                "org_id": actor.clinic,
                "id": uuid7(),
                "import_id": import_id,
                "line": one.line,
                "cells": seal(one.cells),
                "created_at": now,
            }
            for one in records
        ],
    )
    return import_id


def _header(sheet: Sheet) -> tuple[list[str], Sequence[Record]]:
    """Names of the columns, empty ones where the first row is a patient already; the widest row decides how many."""
    first = sheet.records[0].cells
    if sheet_columns.names_columns(first):
        return list(first), sheet.records[1:]
    return [""] * max(len(one.cells) for one in sheet.records), sheet.records


def look(
    session: Session,
    actor: Actor,
    import_id: uuid.UUID,
    mapping: Sequence[str | None],
    *,
    lenient: bool,
    now: dt.datetime,
) -> None:
    """Say what the columns hold, and look at every row: at once, or in the worker where they are many.

    `lenient` leaves out a cell that is wrong, where the row has a name all the same. Raises Invalid, NotFound, Conflict
    `import_moved_on`.
    """
    found = _locked(session, actor, import_id, READ, CHECKED)
    found.mapping = list(sheet_columns.checked_mapping(mapping, len(found.header)))
    found.lenient, found.moved_at = lenient, now
    session.flush()
    if found.row_count <= AT_ONCE:
        check_rows(session, found, reading_of(session, found, now))
        found.state = CHECKED
    else:
        found.state = CHECKING
        emit(session, actor.clinic, CHECK, {"import_id": import_id}, at=now)
    session.flush()


def decide(
    session: Session, actor: Actor, import_id: uuid.UUID, decisions: Mapping[int, str]
) -> None:
    """What happens to rows that need a decision, by their line; nothing said ("") leaves it to the whole import.

    Other rows are not touched. Raises NotFound, Conflict `import_moved_on`.
    """
    _locked(session, actor, import_id, CHECKED)
    for verdict, allowed in CHOICES.items():
        for choice in ("", *allowed):
            lines = [line for line, said in decisions.items() if said == choice]
            if lines:
                _decide(session, actor.clinic, import_id, verdict, lines, choice)


def _decide(
    session: Session,
    org_id: uuid.UUID,
    import_id: uuid.UUID,
    verdict: str,
    lines: list[int],
    choice: str,
) -> None:
    session.execute(
        update(_ROWS)
        .where(
            _ROWS.c.org_id == org_id,
            _ROWS.c.import_id == import_id,
            _ROWS.c.line.in_(lines),
            _ROWS.c.verdict == verdict,
        )
        .values(decision=choice or None)
    )


def start(
    session: Session, actor: Actor, import_id: uuid.UUID, *, known: str, now: dt.datetime
) -> None:
    """Let the rows in; `known` says what happens to people who have a card, where nobody decided otherwise.

    Raises Invalid, NotFound, Conflict `import_moved_on`.
    """
    if known not in (LEAVE, FILL):
        raise Invalid.one("known", "invalid_choice")
    found = _locked(session, actor, import_id, CHECKED)
    found.known = known
    _move(session, found, actor, IMPORTING, now)
    emit(session, actor.clinic, BATCH, {"import_id": import_id}, at=now)
    told = {"file": found.sha256[:12], "rows": found.row_count}
    record(session, actor, "patients.import", "patient_import", import_id, at=now, after=told)


def go_on(session: Session, actor: Actor, import_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Wake an import that stands still, for example since the worker was away for long. Harmless where it runs."""
    found = _locked(session, actor, import_id, CHECKING, IMPORTING, UNDOING)
    if now < found.moved_at + STALLED:
        raise Conflict("import_runs")
    found.moved_at = now
    event = {CHECKING: CHECK, IMPORTING: BATCH, UNDOING: UNDO}[found.state]
    emit(session, actor.clinic, event, {"import_id": import_id}, at=now)
    session.flush()


def take_back(session: Session, actor: Actor, import_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Take a whole import back, as far as nothing was built on its cards since.

    Raises NotFound, Conflict `import_moved_on`, Expired `import_undo_over` after `UNDO_DAYS`.
    """
    found = _locked(session, actor, import_id, DONE)
    if found.finished_at is None or now > found.finished_at + dt.timedelta(days=UNDO_DAYS):
        raise Expired("import_undo_over")
    _move(session, found, actor, UNDOING, now)
    emit(session, actor.clinic, UNDO, {"import_id": import_id}, at=now)
    record(session, actor, "patients.import_undo", "patient_import", import_id, at=now)


def discard(session: Session, actor: Actor, import_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Forget a file that was not imported, with what it says. Raises NotFound, Conflict `import_moved_on`."""
    found = _locked(session, actor, import_id, READ, CHECKED)
    drop_rows(session, found)
    _move(session, found, actor, DISCARDED, now)


def drop_rows(session: Session, found: PatientImport) -> None:
    """Remove what the file says; who imported which file, and how much of it, stays."""
    session.execute(
        delete(_ROWS).where(_ROWS.c.org_id == found.org_id, _ROWS.c.import_id == found.id)
    )


def _move(
    session: Session, found: PatientImport, actor: Actor, state: str, now: dt.datetime
) -> None:
    found.state, found.acted_by, found.moved_at = state, actor.human_id, now
    session.flush()
    live.tell(session, found.org_id, live.IMPORTS)


def _locked(session: Session, actor: Actor, import_id: uuid.UUID, *states: str) -> PatientImport:
    found: Any = session.scalars(
        select(PatientImport)
        .where(PatientImport.org_id == actor.clinic, PatientImport.id == import_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("import_unknown")
    if found.state not in states:
        raise Conflict("import_moved_on")
    checked: PatientImport = found
    return checked
