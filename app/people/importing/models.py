"""An import of patients and its rows. Rows hold what the file says, sealed; they go when the import is past undoing."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, ClinicRow, DataClass, EncryptedText, clinic_fk, column


class PatientImport(Base, ClinicRow):
    """One file. `mapping` says for each column which field it holds; `tally` counts what became of the rows."""

    __tablename__ = "patient_imports"
    __table_args__ = (
        CheckConstraint(
            "state IN ('read', 'checking', 'checked', 'importing', 'done', 'undoing', 'undone', 'discarded')",
            name="state",
        ),
        CheckConstraint("known IN ('leave', 'fill')", name="known"),
        Index(None, "org_id", "sha256"),
    )

    filename: Mapped[str] = column(DataClass.PII_BASIC)
    sha256: Mapped[str] = column(DataClass.OPERATIONAL)
    encoding: Mapped[str] = column(DataClass.OPERATIONAL)
    separator: Mapped[str] = column(DataClass.OPERATIONAL)
    header: Mapped[list[Any]] = column(DataClass.PII_BASIC)
    mapping: Mapped[list[Any]] = column(DataClass.OPERATIONAL)
    row_count: Mapped[int] = column(DataClass.OPERATIONAL)
    lenient: Mapped[bool] = column(DataClass.OPERATIONAL, server_default=text("false"))
    known: Mapped[str] = column(DataClass.OPERATIONAL, server_default="leave")
    state: Mapped[str] = column(DataClass.OPERATIONAL)
    tally: Mapped[dict[str, Any]] = column(DataClass.OPERATIONAL, server_default=text("'{}'"))
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
    acted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
    moved_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]


class ImportRow(Base, ClinicRow):
    """One row of a file: its cells as JSON, what was found about it, what somebody decided, what became of it.

    `card_id` is the card that was made or completed, `filled` the columns of it that were written.
    """

    __tablename__ = "patient_import_rows"
    __table_args__ = (
        clinic_fk("patient_imports", "import_id"),
        clinic_fk("patients", "match_id"),
        clinic_fk("patients", "card_id"),
        UniqueConstraint("org_id", "import_id", "line"),
        CheckConstraint("verdict IN ('new', 'known', 'double', 'invalid')", name="verdict"),
        CheckConstraint("decision IN ('add', 'leave', 'fill')", name="decision"),
        CheckConstraint("outcome IN ('added', 'filled', 'left', 'undone', 'kept')", name="outcome"),
        Index(
            "ix_patient_import_rows_open",
            "org_id",
            "import_id",
            "line",
            postgresql_where=text("outcome IS NULL"),
        ),
    )

    import_id: Mapped[uuid.UUID]
    line: Mapped[int] = column(DataClass.OPERATIONAL)
    cells: Mapped[str] = column(DataClass.PII_REGULATED, EncryptedText("patient_import_rows.cells"))
    verdict: Mapped[str | None] = column(DataClass.OPERATIONAL)
    problems: Mapped[list[Any]] = column(DataClass.OPERATIONAL, server_default=text("'[]'"))
    match_id: Mapped[uuid.UUID | None]
    double_of: Mapped[int | None] = column(DataClass.OPERATIONAL)
    signs: Mapped[list[Any]] = column(DataClass.OPERATIONAL, server_default=text("'[]'"))
    decision: Mapped[str | None] = column(DataClass.OPERATIONAL)
    outcome: Mapped[str | None] = column(DataClass.OPERATIONAL)
    card_id: Mapped[uuid.UUID | None]
    filled: Mapped[list[Any]] = column(DataClass.OPERATIONAL, server_default=text("'[]'"))
