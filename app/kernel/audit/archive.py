"""Months older than twelve move from the logs into storage, where they stay for at least six years (KRN-15).

Three steps, each safe to repeat: the month is written to storage under a name of its own, a row of `audit_archives`
says so after the file was read back, and only then the database lets exactly these rows leave the log. A crash
between two steps leaves the rows where they are; the next run goes on.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from sqlalchemy import Date, Row, Table, func, insert, literal, select, text
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session, sessionmaker

from app.kernel.audit.models import AuditArchive, AuditEvent, RecordAccess
from app.kernel.identity.models import LoginEvent
from app.kernel.logs import logger
from app.kernel.storage.clinic import ClinicStorage
from app.kernel.storage.port import BlobStore
from app.kernel.tenancy.directory import all_clinic_ids
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, enter, scoped
from app.lib.clock import Clock
from app.lib.ids import uuid7

SEARCHABLE_MONTHS = 12
KEPT_YEARS = 6
FOLDER = "audit"
MEMORY_BYTES = 8 * 1024 * 1024
_LOGS = {
    cast(Table, model.__table__).name: cast(Table, model.__table__)
    for model in (AuditEvent, LoginEvent, RecordAccess)
}
log = logger(__name__)


@dataclass(frozen=True)
class Month:
    """A month (UTC) of one log of one clinic, named by its first day."""

    org_id: uuid.UUID
    log: str
    first: dt.date

    @property
    def key(self) -> str:
        """Where its file lies: the same for every try."""
        return f"{self.org_id}/{FOLDER}/{self.log}-{self.first:%Y-%m}.ndjson.gz"

    @property
    def since(self) -> dt.datetime:
        return dt.datetime.combine(self.first, dt.time(), dt.UTC)

    @property
    def until(self) -> dt.datetime:
        return dt.datetime.combine(_next_month(self.first), dt.time(), dt.UTC)


class ArchiveUnsound(RuntimeError):
    """What was read back from storage is not what was written; nothing is taken out of the log."""


def archive_all(
    sessions: sessionmaker[Session], blobs: BlobStore, clock: Clock
) -> Iterator[tuple[Month, int]]:
    """Archive every month that is due, of every clinic; each with how many rows left its log."""
    for month in due_months(sessions, clock.now()):
        storage = ClinicStorage(blobs, month.org_id)
        with sessions() as session:
            enter(session, Scope(org_id=month.org_id))
            _alone(session, month)
            _keep(session, storage, month, clock.now())
            session.commit()
        with sessions() as session:
            enter(session, Scope(org_id=month.org_id))
            _demand_sound(session, storage, month)
            removed = session.scalar(
                text("SELECT remove_archived(:log, :month)"),
                {"log": month.log, "month": month.first},
            )
            session.commit()
        log.info("audit_archived", org_id=str(month.org_id), log=month.log, rows=removed)
        yield month, removed or 0


def due_months(sessions: sessionmaker[Session], now: dt.datetime) -> list[Month]:
    """Whole months that ended at least twelve months ago and still have rows in a log, oldest first."""
    with sessions() as session:
        with scoped(session, Scope(role=PLATFORM_ROLE)):
            clinics = all_clinic_ids(session)
        session.commit()
        found = [month for org_id in clinics for month in _due(session, org_id, now)]
        session.commit()
    return sorted(found, key=lambda month: (month.first, month.log, month.org_id))


def archives_of(session: Session, org_id: uuid.UUID) -> list[AuditArchive]:
    """What a clinic has in the archive, newest month first."""
    return list(
        session.scalars(
            select(AuditArchive)
            .where(AuditArchive.org_id == org_id)
            .order_by(AuditArchive.month.desc(), AuditArchive.log)
        )
    )


def _due(session: Session, org_id: uuid.UUID, now: dt.datetime) -> Iterator[Month]:
    enter(session, Scope(org_id=org_id))
    for name, table in _LOGS.items():
        first = sql_cast(func.date_trunc("month", func.timezone("UTC", table.c.at)), Date)
        firsts = session.scalars(
            select(first)
            .where(table.c.org_id == org_id, table.c.at < _searchable_since(now))
            .distinct()
        )
        yield from (Month(org_id, name, day) for day in firsts)


def _searchable_since(now: dt.datetime) -> dt.datetime:
    """The first instant of the month that lies twelve months back: everything before is due."""
    today = now.astimezone(dt.UTC).date()
    first = dt.date(today.year - SEARCHABLE_MONTHS // 12, today.month, 1)
    return dt.datetime.combine(first, dt.time(), dt.UTC)


def _next_month(first: dt.date) -> dt.date:
    return dt.date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _alone(session: Session, month: Month) -> None:
    session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(literal(month.key), 0)))
    )


def _keep(session: Session, storage: ClinicStorage, month: Month, now: dt.datetime) -> None:
    """Write the file and its row, unless an earlier run has done so."""
    if _archive(session, month) is not None:
        return
    with SpooledTemporaryFile(MEMORY_BYTES) as packed:
        count = _pack(cast(BinaryIO, packed), _rows(session, month))
        packed.seek(0)
        digest = hashlib.sha256()
        while part := packed.read(1 << 20):
            digest.update(part)
        packed.seek(0)
        storage.put(month.key, cast(BinaryIO, packed))
    session.execute(
        insert(AuditArchive).values(
            org_id=month.org_id,
            id=uuid7(),
            log=month.log,
            month=month.first,
            row_count=count,
            key=month.key,
            sha256=digest.hexdigest(),
            keep_until=_next_month(month.first).replace(
                year=_next_month(month.first).year + SEARCHABLE_MONTHS // 12 + KEPT_YEARS
            ),
            created_at=now,
        )
    )


def _rows(session: Session, month: Month) -> Iterator[Row[Any]]:
    table = _LOGS[month.log]
    return session.execute(
        select(table)
        .where(table.c.org_id == month.org_id, table.c.at >= month.since, table.c.at < month.until)
        .order_by(table.c.at, table.c.id)
        .execution_options(yield_per=1000)
    ).__iter__()


def _pack(target: BinaryIO, rows: Iterator[Row[Any]]) -> int:
    """Gzipped NDJSON, the same bytes for the same rows; gives how many rows."""
    count = 0
    with gzip.GzipFile(fileobj=target, mode="wb", filename="", mtime=0) as packing:
        for row in rows:
            line = json.dumps(dict(row._mapping), default=_plain, ensure_ascii=False)
            packing.write(line.encode() + b"\n")
            count += 1
    return count


def _plain(value: object) -> str:
    return value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else str(value)


def _archive(session: Session, month: Month) -> Row[str, int] | None:
    return session.execute(
        select(AuditArchive.sha256, AuditArchive.row_count).where(
            AuditArchive.org_id == month.org_id,
            AuditArchive.log == month.log,
            AuditArchive.month == month.first,
        )
    ).one_or_none()


def _demand_sound(session: Session, storage: ClinicStorage, month: Month) -> None:
    """Read the file back: digest and number of rows must be what the archive says."""
    kept = _archive(session, month)
    digest = hashlib.sha256()
    with storage.open(month.key) as stored:
        while part := stored.read(1 << 20):
            digest.update(part)
    with storage.open(month.key) as stored, gzip.open(stored) as lines:
        count = sum(1 for _ in lines)
    if kept is None or (digest.hexdigest(), count) != (kept.sha256, kept.row_count):
        raise ArchiveUnsound(month.key)
