"""Taking an import back: cards on which nothing was built go, with what they said; all others stay and are counted.

What counts as built: a row of any table that names the card, a login or caregiver, a merge, a correction of the card.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Row, Table, select, union, update
from sqlalchemy.orm import Session

from app.kernel import live
from app.kernel.audit.record import record_each
from app.kernel.db import Base, table_of
from app.kernel.outbox import emit
from app.people.importing.actions import UNDO, UNDOING, UNDONE
from app.people.importing.filling import BIRTH, EMAIL, PHONE, locked_cards, write_contact
from app.people.importing.models import ImportRow, PatientImport
from app.people.importing.reading import reading_of, unseal
from app.people.importing.working import ADDED, BATCH_ROWS, FILLED, acting, locked_in
from app.people.models import Caregiver, Patient, PatientProfile
from app.people.rules.sheet_rows import SheetCard, read_row

KEPT, TAKEN = "kept", "undone"
NAMELESS = "–"
_ROWS = table_of(ImportRow)
# Who looked at a card is no reason to keep it.
_NOTES = frozenset({"record_accesses", _ROWS.name})


def undo_batch(session: Session, org_id: uuid.UUID, import_id: uuid.UUID, now: dt.datetime) -> None:
    """Take the next rows back and ask for those after them, or end."""
    found = locked_in(session, org_id, import_id, UNDOING)
    if found is None:
        return
    rows = _next(session, found)
    kept = _take_back(session, found, rows, now)
    found.tally = {
        **found.tally,
        TAKEN: found.tally.get(TAKEN, 0) + len(rows) - kept,
        KEPT: found.tally.get(KEPT, 0) + kept,
    }
    found.moved_at = now
    if len(rows) < BATCH_ROWS:
        found.state = UNDONE
    else:
        emit(session, org_id, UNDO, {"import_id": import_id}, at=now)
    session.flush()
    live.tell(session, org_id, live.IMPORTS)


def _next(session: Session, found: PatientImport) -> Sequence[Row[Any]]:
    return session.execute(
        select(_ROWS)
        .where(
            _ROWS.c.org_id == found.org_id,
            _ROWS.c.import_id == found.id,
            _ROWS.c.outcome.in_((ADDED, FILLED)),
        )
        .order_by(_ROWS.c.line)
        .limit(BATCH_ROWS)
    ).all()


def _take_back(
    session: Session, found: PatientImport, rows: Sequence[Row[Any]], now: dt.datetime
) -> int:
    """Take these rows back; gives how many stay since something stands on them."""
    how = reading_of(session, found, now)
    said = {row.id: read_row(unseal(row.cells), how) for row in rows}
    cards = locked_cards(session, found.org_id, [row.card_id for row in rows])
    built = _built_on(session, found.org_id, list(cards))
    gone = [
        row.card_id
        for row in rows
        if row.outcome == ADDED and _untouched(cards.get(row.card_id), said[row.id], built)
    ]
    _remove(session, found, [cards[one] for one in gone], now)
    emptied = {
        row.id
        for row in rows
        if row.outcome == FILLED and _empty_again(session, cards.get(row.card_id), row, said)
    }
    taken = [row.id for row in rows if row.card_id in set(gone) or row.id in emptied]
    for outcome, ids in ((TAKEN, taken), (KEPT, [r.id for r in rows if r.id not in set(taken)])):
        session.execute(
            update(_ROWS)
            .where(_ROWS.c.org_id == found.org_id, _ROWS.c.id.in_(ids))
            .values(outcome=outcome)
        )
    return len(rows) - len(taken)


def _untouched(row: Row[Any] | None, card: SheetCard, built: set[uuid.UUID]) -> bool:
    """Whether the card stands as it was imported."""
    if row is None or row.id in built or row.merged_into_id is not None:
        return False
    now = (row.name, row.phone, row.email, row.locale, row.birth_date)
    return now == (card.name, card.phone, card.email, card.locale, card.birth_date)


def _built_on(
    session: Session, org_id: uuid.UUID, patient_ids: Sequence[uuid.UUID]
) -> set[uuid.UUID]:
    """Cards that another row names, whose profile has a login, or for whom somebody cares."""
    if not patient_ids:
        return set()
    named = [
        select(column).where(table.c.org_id == org_id, column.in_(patient_ids))
        for table, column in _references()
    ]
    profiles = (
        select(Patient.id)
        .join(PatientProfile, PatientProfile.id == Patient.profile_id)
        .outerjoin(Caregiver, Caregiver.profile_id == PatientProfile.id)
        .where(
            Patient.org_id == org_id,
            Patient.id.in_(patient_ids),
            PatientProfile.human_id.is_not(None) | Caregiver.id.is_not(None),
        )
    )
    return set(session.scalars(union(*named, profiles)))


def _references() -> list[tuple[Table, Column[Any]]]:
    """Every column of every table that names a patient's card."""
    return [
        (table, key.parent)
        for table in Base.metadata.sorted_tables
        if table.name not in _NOTES
        for key in (one for column in table.columns for one in column.foreign_keys)
        if key.column.table.name == Patient.__tablename__ and key.column.name == "id"
    ]


def _remove(
    session: Session, found: PatientImport, cards: Sequence[Row[Any]], now: dt.datetime
) -> None:
    """The card is gone and says nothing any more; its number is free again."""
    ids = [card.id for card in cards]
    profiles = [card.profile_id for card in cards]
    session.execute(
        update(PatientProfile)
        .where(PatientProfile.id.in_(profiles), PatientProfile.human_id.is_(None))
        .values(name=NAMELESS, birth_date=None, national_id=None)
    )
    empty: Mapping[str, Any] = {"name": NAMELESS, "search_name": "", "search_text": ""}
    session.execute(
        update(Patient)
        .where(Patient.org_id == found.org_id, Patient.id.in_(ids))
        .values(**empty, phone=None, email=None, number=None, deleted_at=now)
    )
    told = {"import_id": str(found.id)}
    record_each(
        session, acting(found), "patients.import_uncard", "patient", ids, at=now, after=told
    )


def _empty_again(
    session: Session, card: Row[Any] | None, row: Row[Any], said: Mapping[uuid.UUID, SheetCard]
) -> bool:
    """Empty what the import filled, unless somebody changed any of it since."""
    if card is None or card.merged_into_id is not None:
        return False
    if any(getattr(card, name) != getattr(said[row.id], name) for name in row.filled):
        return False
    contact = {name: None for name in row.filled if name in (PHONE, EMAIL)}
    if contact:
        write_contact(session, row.org_id, card, contact)
    if BIRTH in row.filled:
        session.execute(
            update(PatientProfile)
            .where(PatientProfile.id == card.profile_id, PatientProfile.human_id.is_(None))
            .values(birth_date=None)
        )
    return True
