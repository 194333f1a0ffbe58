"""Looking at every row before anything is written: new, known already, twice in the file, or wrong (BYD-09)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from app.kernel.db import table_of
from app.people.importing.models import ImportRow, PatientImport
from app.people.importing.reading import unseal
from app.people.models import Patient, PatientProfile
from app.people.rules.likeness import Traits
from app.people.rules.sheet_matching import Known
from app.people.rules.sheet_rows import Reading, SheetCard, read_row

NEW, KNOWN, DOUBLE, INVALID = "new", "known", "double", "invalid"
VERDICTS = (NEW, KNOWN, DOUBLE, INVALID)
_CHUNK = 1000
_MOST_WORDS = 3
_ROWS = table_of(ImportRow)
_VERDICT = (
    update(_ROWS)
    .where(_ROWS.c.org_id == bindparam("the_org"), _ROWS.c.id == bindparam("the_row"))
    .values(
        verdict=bindparam("verdict"),
        problems=bindparam("problems"),
        match_id=bindparam("match_id"),
        double_of=bindparam("double_of"),
        signs=bindparam("signs"),
        decision=None,
    )
)


def check_rows(session: Session, found: PatientImport, how: Reading) -> None:
    """Write the verdict of every row; decisions of an earlier look are gone with it."""
    rows = session.execute(
        select(_ROWS.c.id, _ROWS.c.line, _ROWS.c.cells)
        .where(_ROWS.c.org_id == found.org_id, _ROWS.c.import_id == found.id)
        .order_by(_ROWS.c.line)
    ).all()
    in_file: Known[int] = Known()
    for start in range(0, len(rows), _CHUNK):
        chunk = [(row, read_row(unseal(row.cells), how)) for row in rows[start : start + _CHUNK]]
        people = known_people(session, found.org_id, [card for _row, card in chunk])
        verdicts = [
            {"the_org": found.org_id, "the_row": row.id}
            | _verdict(row.line, card, found.lenient, people, in_file)
            for row, card in chunk
        ]
        session.execute(_VERDICT, verdicts)


def _verdict(
    line: int,
    card: SheetCard,
    lenient: bool,
    people: Known[uuid.UUID],
    in_file: Known[int],
) -> dict[str, Any]:
    """What is known of a row. Who stands in the file already is said before who has a card."""
    said: dict[str, Any] = {
        "verdict": NEW,
        "problems": [[one.field, one.code, one.params] for one in card.problems],
        "match_id": None,
        "double_of": None,
        "signs": [],
    }
    if not card.named or (card.problems and not lenient):
        return said | {"verdict": INVALID}
    earlier, somebody = in_file.best(card.traits), people.best(card.traits)
    in_file.add(line, card.traits)
    if earlier is not None:
        signs = list(earlier[1].signs)
        return said | {"verdict": DOUBLE, "double_of": earlier[0], "signs": signs}
    if somebody is not None:
        signs = list(somebody[1].signs)
        return said | {"verdict": KNOWN, "match_id": somebody[0], "signs": signs}
    return said


def known_people(
    session: Session, org_id: uuid.UUID, cards: Sequence[SheetCard]
) -> Known[uuid.UUID]:
    """Cards of the clinic that share a sign with one of these rows, the oldest first."""
    signs = [
        (Patient.phone, {card.phone for card in cards if card.phone}),
        (Patient.email, {card.email for card in cards if card.email}),
        (Patient.search_name, {name for card in cards for name in _orders(card)}),
    ]
    found = {row.id: row for row in session.execute(_cards(org_id).where(or_(*_among(signs))))}
    born = {card.birth_date for card in cards if card.birth_date}
    if born:
        by_birth = _cards(org_id).where(PatientProfile.birth_date.in_(born))
        found |= {row.id: row for row in session.execute(by_birth)}
    people: Known[uuid.UUID] = Known()
    for row in sorted(found.values(), key=lambda one: (one.created_at, one.id)):
        people.add(row.id, Traits(row.name, row.phone, row.email, row.birth_date))
    return people


def _among(signs: list[tuple[Any, set[str]]]) -> Iterator[Any]:
    for column, values in signs:
        yield column.in_(sorted(values))


def _cards(org_id: uuid.UUID) -> Any:
    return (
        select(
            Patient.id,
            Patient.name,
            Patient.phone,
            Patient.email,
            Patient.created_at,
            PatientProfile.birth_date,
        )
        .outerjoin(PatientProfile, PatientProfile.id == Patient.profile_id)
        .where(
            Patient.org_id == org_id,
            Patient.deleted_at.is_(None),
            Patient.merged_into_id.is_(None),
        )
    )


def _orders(card: SheetCard) -> Iterator[str]:
    """The folded name in every order of its words, so that "Pop Ana" finds "Ana Pop" by the index."""
    words = card.folded_name.split()
    if len(words) > _MOST_WORDS:
        yield " ".join(words)
        return
    yield from (" ".join(one) for one in permutations(words))
