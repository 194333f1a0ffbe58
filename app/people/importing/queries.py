"""Reading imports: the list, one of them, its rows by verdict, and how many there are of each."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.kernel.identity.models import Human
from app.lib.errors import NotFound
from app.lib.paging import Page, PageRequest
from app.people.importing.checking import INVALID
from app.people.importing.models import ImportRow, PatientImport
from app.people.models import Patient

MOST_LISTED = 50
_LINES = (
    ImportRow.line,
    ImportRow.cells,
    ImportRow.verdict,
    ImportRow.problems,
    ImportRow.match_id,
    ImportRow.double_of,
    ImportRow.signs,
    ImportRow.decision,
    ImportRow.outcome,
    ImportRow.card_id,
    ImportRow.filled,
)


def imports(session: Session, org_id: uuid.UUID) -> Sequence[Row[Any]]:
    """The latest imports, newest first, with who did them; files that were set aside are left out."""
    return session.execute(
        select(
            PatientImport.id,
            PatientImport.filename,
            PatientImport.row_count,
            PatientImport.state,
            PatientImport.tally,
            PatientImport.created_at,
            Human.name.label("by"),
        )
        .outerjoin(Human, Human.id == PatientImport.created_by)
        .where(PatientImport.org_id == org_id, PatientImport.state != "discarded")
        .order_by(PatientImport.id.desc())
        .limit(MOST_LISTED)
    ).all()


def one_import(session: Session, org_id: uuid.UUID, import_id: uuid.UUID) -> PatientImport:
    """One import. Raises NotFound `import_unknown`."""
    found = session.get(PatientImport, (org_id, import_id))
    if found is None:
        raise NotFound("import_unknown")
    return found


def brought_before(session: Session, found: PatientImport) -> tuple[uuid.UUID, dt.datetime] | None:
    """The last import of the very same file that was carried out and not taken back, and when."""
    row = session.execute(
        select(PatientImport.id, PatientImport.created_at)
        .where(
            PatientImport.org_id == found.org_id,
            PatientImport.sha256 == found.sha256,
            PatientImport.id != found.id,
            PatientImport.state.in_(("importing", "done")),
        )
        .order_by(PatientImport.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (row.id, row.created_at)


def counts(session: Session, org_id: uuid.UUID, import_id: uuid.UUID) -> dict[str | None, int]:
    """How many rows have each verdict."""
    rows = session.execute(
        select(ImportRow.verdict, func.count())
        .where(ImportRow.org_id == org_id, ImportRow.import_id == import_id)
        .group_by(ImportRow.verdict)
    )
    return {row[0]: row[1] for row in rows}


def rows_done(session: Session, org_id: uuid.UUID, import_id: uuid.UUID) -> int:
    """How many rows have had their turn."""
    query = (
        select(func.count())
        .select_from(ImportRow)
        .where(
            ImportRow.org_id == org_id,
            ImportRow.import_id == import_id,
            ImportRow.outcome.is_not(None),
        )
    )
    return session.scalar(query) or 0


def sample(session: Session, org_id: uuid.UUID, import_id: uuid.UUID, most: int) -> list[str]:
    """The sealed cells of the first rows."""
    query = _of(org_id, import_id).with_only_columns(ImportRow.cells)
    return list(session.scalars(query.order_by(ImportRow.line).limit(most)))


def rows_page(
    session: Session,
    org_id: uuid.UUID,
    import_id: uuid.UUID,
    verdict: str | None,
    asked: PageRequest,
    total: int,
) -> Page[Row[Any]]:
    """One page of the rows, all or those of a verdict, in the order of the file, with the names of cards they match."""
    match = aliased(Patient)
    query = _of(org_id, import_id).with_only_columns(*_LINES, match.name.label("match_name"))
    query = query.outerjoin(match, and_(match.org_id == org_id, match.id == ImportRow.match_id))
    if verdict is not None:
        query = query.where(ImportRow.verdict == verdict)
    rows = session.execute(
        query.order_by(ImportRow.line).limit(asked.size).offset(asked.offset)
    ).all()
    return Page(list(rows), total, asked)


def rows_to_correct(
    session: Session, org_id: uuid.UUID, import_id: uuid.UUID
) -> Sequence[Row[Any]]:
    """Rows with something wrong, in the order of the file."""
    wrong: ColumnElement[bool] = or_(
        ImportRow.verdict == INVALID, func.jsonb_array_length(ImportRow.problems) > 0
    )
    query = _of(org_id, import_id).with_only_columns(*_LINES).where(wrong)
    return session.execute(query.order_by(ImportRow.line)).all()


def _of(org_id: uuid.UUID, import_id: uuid.UUID) -> Select[Any]:
    return select(ImportRow).where(ImportRow.org_id == org_id, ImportRow.import_id == import_id)
