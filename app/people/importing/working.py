"""The import itself, a batch a transaction: what a crash interrupts is done again whole, and nothing twice (BYD-09).

The import's row is locked, each row carries its outcome, and each batch asks for the next one in its own transaction.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.orm import Session

from app.kernel import live
from app.kernel.access.actor import STAFF, Actor
from app.kernel.audit.record import record_each
from app.kernel.db import table_of
from app.kernel.outbox import emit
from app.lib.ids import uuid7
from app.people.actions.cards import card_values, last_number
from app.people.actions.contacts import Contact
from app.people.importing.actions import (
    ADD,
    BATCH,
    CHECKED,
    CHECKING,
    DONE,
    FILL,
    IMPORTING,
)
from app.people.importing.checking import DOUBLE, KNOWN, NEW, check_rows, known_people
from app.people.importing.filling import fill_cards
from app.people.importing.models import ImportRow, PatientImport
from app.people.importing.reading import reading_of, unseal
from app.people.models import Patient, PatientProfile
from app.people.rules.sheet_rows import SheetCard, read_row

ADDED, FILLED, LEFT = "added", "filled", "left"
BATCH_ROWS = 500
_ROWS = table_of(ImportRow)
_OUTCOME = (
    update(_ROWS)
    .where(_ROWS.c.org_id == bindparam("the_org"), _ROWS.c.id == bindparam("the_row"))
    .values(outcome=bindparam("outcome"), card_id=bindparam("card_id"), filled=bindparam("filled"))
)


@dataclass(frozen=True, slots=True)
class Pending:
    """A row that waits for its turn, read."""

    row: Row[Any]
    card: SheetCard


def locked_in(
    session: Session, org_id: uuid.UUID, import_id: uuid.UUID, state: str
) -> PatientImport | None:
    """The import, locked, where it is in this state; None where it has moved on or is gone."""
    return session.scalars(
        select(PatientImport)
        .where(
            PatientImport.org_id == org_id,
            PatientImport.id == import_id,
            PatientImport.state == state,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def acting(found: PatientImport) -> Actor:
    """Who asked for it: the trail names them, also for what the worker writes."""
    return Actor(kind=STAFF, org_id=found.org_id, human_id=found.acted_by)


def check(session: Session, org_id: uuid.UUID, import_id: uuid.UUID, now: dt.datetime) -> None:
    """Look at the rows of a large file."""
    found = locked_in(session, org_id, import_id, CHECKING)
    if found is None:
        return
    check_rows(session, found, reading_of(session, found, now))
    found.state, found.moved_at = CHECKED, now
    session.flush()
    live.tell(session, org_id, live.IMPORTS)


def bring_in(session: Session, org_id: uuid.UUID, import_id: uuid.UUID, now: dt.datetime) -> None:
    """Import the next rows and ask for those after them, or end."""
    found = locked_in(session, org_id, import_id, IMPORTING)
    if found is None:
        return
    rows = _next(session, found, now)
    counts = _import(session, found, rows, now) if rows else Counter()
    found.tally = dict(Counter(found.tally) + counts)
    found.moved_at = now
    if len(rows) < BATCH_ROWS:
        found.state, found.finished_at = DONE, now
        emit(session, org_id, "patient_import.done", {"import_id": import_id}, at=now)
    else:
        emit(session, org_id, BATCH, {"import_id": import_id}, at=now)
    session.flush()
    live.tell(session, org_id, live.IMPORTS)


def _next(session: Session, found: PatientImport, now: dt.datetime) -> list[Pending]:
    how = reading_of(session, found, now)
    rows = session.execute(
        select(_ROWS)
        .where(
            _ROWS.c.org_id == found.org_id,
            _ROWS.c.import_id == found.id,
            _ROWS.c.outcome.is_(None),
        )
        .order_by(_ROWS.c.line)
        .limit(BATCH_ROWS)
    )
    return [Pending(row, read_row(unseal(row.cells), how)) for row in rows]


def _import(
    session: Session, found: PatientImport, rows: Sequence[Pending], now: dt.datetime
) -> Counter[str]:
    """Rows by what happens to them; gives how many of each outcome there are."""
    adding = _still_new(session, found, [one for one in rows if _wanted(one.row, found) == ADD])
    filling = [one for one in rows if _wanted(one.row, found) == FILL]
    made = dict(zip((one.row.id for one in adding), _add(session, found, adding, now), strict=True))
    filled = fill_cards(
        session,
        acting(found),
        found.id,
        [(one.row.match_id, one.card) for one in filling],
        now,
    )
    wrote = {one.row.id: columns for one, columns in zip(filling, filled, strict=True)}
    outcomes = [_outcome(found, one.row, made, wrote) for one in rows]
    session.execute(_OUTCOME, outcomes)
    return Counter(one["outcome"] for one in outcomes)


def _outcome(
    found: PatientImport,
    row: Row[Any],
    made: dict[uuid.UUID, uuid.UUID],
    wrote: dict[uuid.UUID, list[str]],
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "the_org": found.org_id,
        "the_row": row.id,
        "outcome": LEFT,
        "card_id": None,
        "filled": [],
    }
    if row.id in made:
        return said | {"outcome": ADDED, "card_id": made[row.id]}
    if wrote.get(row.id):
        return said | {"outcome": FILLED, "card_id": row.match_id, "filled": wrote[row.id]}
    return said


def _wanted(row: Row[Any], found: PatientImport) -> str | None:
    """What happens to a row: ADD, FILL, or nothing."""
    if row.verdict == NEW:
        return ADD
    if row.verdict == KNOWN:
        return str(row.decision or found.known)
    return ADD if row.verdict == DOUBLE and row.decision == ADD else None


def _still_new(session: Session, found: PatientImport, rows: list[Pending]) -> list[Pending]:
    """Without those who got a card since the file was looked at, unless somebody said that it is somebody else."""
    unsaid = [one for one in rows if one.row.verdict == NEW]
    people = known_people(session, found.org_id, [one.card for one in unsaid]) if unsaid else None
    own = _made_by(session, found)
    kept = []
    for one in rows:
        met = people.best(one.card.traits) if people and one.row.verdict == NEW else None
        if met is None or met[0] in own:
            kept.append(one)
    return kept


def _made_by(session: Session, found: PatientImport) -> set[uuid.UUID]:
    """Cards of this import: rows that are alike were told apart when the file was looked at."""
    made = session.scalars(
        select(_ROWS.c.card_id).where(
            _ROWS.c.org_id == found.org_id,
            _ROWS.c.import_id == found.id,
            _ROWS.c.outcome == ADDED,
        )
    )
    return set(made)


def _add(
    session: Session, found: PatientImport, rows: Sequence[Pending], now: dt.datetime
) -> list[uuid.UUID]:
    """Cards with profile and number for rows that are new people; no consent is made up for them."""
    if not rows:
        return []
    cards = [(uuid7(), uuid7(), one.card) for one in rows]
    session.execute(
        insert(table_of(PatientProfile)),
        [
            {
                "id": profile_id,
                "name": card.name,
                "birth_date": card.birth_date,
                "national_id": card.personal_number,
                "created_at": now,
            }
            for _id, profile_id, card in cards
        ],
    )
    last = last_number(session, found.org_id)
    session.execute(
        insert(table_of(Patient)),
        [
            {
                "org_id": found.org_id,
                "id": patient_id,
                "profile_id": profile_id,
                "number": last + place,
                "onboarded_at": now,
                "created_at": now,
                **card_values(contact_of(card)),
            }
            for place, (patient_id, profile_id, card) in enumerate(cards, start=1)
        ],
    )
    made = [patient_id for patient_id, _profile_id, _card in cards]
    told = {"import_id": str(found.id)}
    record_each(session, acting(found), "patients.import_card", "patient", made, at=now, after=told)
    return made


def contact_of(card: SheetCard) -> Contact:
    """The contact of a row."""
    return Contact(card.name, card.email, card.phone, card.locale)
