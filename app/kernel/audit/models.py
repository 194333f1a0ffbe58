"""Tables of the trail. The application role may insert and select, nothing else."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, ClinicRow, DataClass, column
from app.lib.ids import uuid7

DONE = "done"
REFUSED = "refused"
FAILED = "failed"


class AuditEvent(Base):
    """One thing that somebody did, or tried to do."""

    __tablename__ = "audit_events"
    __tenancy__ = "log"
    __table_args__ = (
        CheckConstraint("outcome IN ('done', 'refused', 'failed')", name="outcome"),
        Index(None, "org_id", "at"),
        Index(None, "org_id", "subject_type", "subject_id"),
        Index(None, "org_id", "actor_human_id", "at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    org_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"))
    at: Mapped[dt.datetime]
    actor_kind: Mapped[str] = column(DataClass.OPERATIONAL)
    actor_human_id: Mapped[uuid.UUID | None]
    on_behalf_of: Mapped[uuid.UUID | None]
    elevated_id: Mapped[uuid.UUID | None]
    action: Mapped[str] = column(DataClass.OPERATIONAL)
    subject_type: Mapped[str] = column(DataClass.OPERATIONAL)
    subject_id: Mapped[str | None] = column(DataClass.OPERATIONAL)
    outcome: Mapped[str] = column(DataClass.OPERATIONAL)
    status: Mapped[int | None] = column(DataClass.OPERATIONAL)
    before: Mapped[dict[str, Any] | None] = column(DataClass.CLINICAL)
    after: Mapped[dict[str, Any] | None] = column(DataClass.CLINICAL)
    reason: Mapped[str | None] = column(DataClass.OPERATIONAL)
    ip: Mapped[str | None] = column(DataClass.PII_BASIC)
    user_agent: Mapped[str | None] = column(DataClass.PII_BASIC)
    request_id: Mapped[str | None] = column(DataClass.OPERATIONAL)


class RecordAccess(Base, ClinicRow):
    """Who looked at whose record, when, and at what (002, access journal)."""

    __tablename__ = "record_accesses"
    __table_args__ = (
        Index(None, "org_id", "patient_id", "at"),
        Index(None, "org_id", "at"),
    )

    at: Mapped[dt.datetime]
    actor_kind: Mapped[str] = column(DataClass.OPERATIONAL)
    actor_human_id: Mapped[uuid.UUID | None]
    elevated_id: Mapped[uuid.UUID | None]
    patient_id: Mapped[uuid.UUID]
    what: Mapped[str] = column(DataClass.OPERATIONAL)
    ip: Mapped[str | None] = column(DataClass.PII_BASIC)
    request_id: Mapped[str | None] = column(DataClass.OPERATIONAL)


class AuditArchive(Base, ClinicRow):
    """A month of one of the clinic's logs, packed away in storage (KRN-15).

    `key` names gzipped NDJSON with the SHA-256 `sha256`; `removed_at` says when the rows left the log.
    """

    __tablename__ = "audit_archives"
    __table_args__ = (
        UniqueConstraint("org_id", "log", "month"),
        CheckConstraint("log IN ('audit_events', 'login_events', 'record_accesses')", name="log"),
        CheckConstraint("row_count > 0", name="row_count"),
    )

    log: Mapped[str] = column(DataClass.OPERATIONAL)
    month: Mapped[dt.date] = column(DataClass.OPERATIONAL)
    row_count: Mapped[int] = column(DataClass.OPERATIONAL)
    key: Mapped[str] = column(DataClass.OPERATIONAL)
    sha256: Mapped[str] = column(DataClass.OPERATIONAL)
    keep_until: Mapped[dt.date] = column(DataClass.OPERATIONAL)
    removed_at: Mapped[dt.datetime | None]
