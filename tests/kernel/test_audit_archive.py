"""Logs are searchable for twelve months; then a month moves to the archive, and nothing is lost or doubled."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import random
import uuid
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from app.kernel.audit.archive import ArchiveUnsound, archive_all, due_months
from app.kernel.audit.models import AuditArchive, AuditEvent, RecordAccess
from app.kernel.audit.record import record, record_access
from app.kernel.storage.disk import DiskStore
from app.kernel.storage.port import BlobStore
from app.kernel.tenancy.scope import Scope, enter, scoped
from app.kernel.tokens import TokenSigner
from tests.factories.cast import Cast, staff_actor
from tests.support.app import NOW
from tests.support.browser_client import SignIn
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.proves("KRN-15")
# The database judges age by its own clock, so what is old here is old on every machine that runs this.
OLD = dt.datetime(2024, 5, 31, 23, 30, tzinfo=dt.UTC)
Sessions = sessionmaker[Session]


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return DiskStore(tmp_path, TokenSigner("k" * 32), "")


def write(session: Session, cast: Cast, *moments: dt.datetime) -> None:
    """An act of Ramona at each moment."""
    with scoped(session, Scope(org_id=cast.clinic.id)):
        for at in moments:
            record(
                session, staff_actor(cast.ramona), "note.write", "note", 1, at=at, after={"ș": 1}
            )
    session.commit()


def count(session: Session, cast: Cast, model: type[AuditEvent] | type[RecordAccess]) -> int:
    with scoped(session, Scope(org_id=cast.clinic.id)):
        return session.scalar(select(func.count()).select_from(model)) or 0


def kept(session: Session, cast: Cast) -> list[AuditArchive]:
    with scoped(session, Scope(org_id=cast.clinic.id)):
        return list(session.scalars(select(AuditArchive).order_by(AuditArchive.month)))


def lines(blobs: BlobStore, row: AuditArchive) -> list[dict[str, object]]:
    packed = blobs.get(row.key)
    assert hashlib.sha256(packed).hexdigest() == row.sha256
    return [json.loads(line) for line in gzip.decompress(packed).splitlines()]


def test_a_month_moves_when_it_is_a_year_old(
    session: Session, test_sessions: Sessions, cast: Cast, clock: FrozenClock, blobs: BlobStore
) -> None:
    write(session, cast, OLD, OLD, OLD + dt.timedelta(hours=1), NOW)
    with scoped(session, Scope(org_id=cast.clinic.id)):
        assert cast.petra.patient_id
        record_access(session, staff_actor(cast.stefan), cast.petra.patient_id, "chart", at=OLD)
    session.commit()
    moved = [(one.log, one.first, rows) for one, rows in archive_all(test_sessions, blobs, clock)]
    assert moved == [
        ("audit_events", dt.date(2024, 5, 1), 2),
        ("record_accesses", dt.date(2024, 5, 1), 1),
        ("audit_events", dt.date(2024, 6, 1), 1),
    ]
    assert count(session, cast, AuditEvent) == 1
    assert count(session, cast, RecordAccess) == 0
    may = next(one for one in kept(session, cast) if one.log == "audit_events")
    assert [line["at"] for line in lines(blobs, may)] == [OLD.isoformat()] * 2
    assert lines(blobs, may)[0]["after"] == {"ș": 1}
    assert may.keep_until == dt.date(2031, 6, 1), "a year in the log, six more in the archive"
    assert may.removed_at is not None
    assert list(archive_all(test_sessions, blobs, clock)) == []


@pytest.mark.parametrize("seed", range(3))
def test_rows_written_are_rows_left_and_rows_archived(
    session: Session,
    test_sessions: Sessions,
    cast: Cast,
    clock: FrozenClock,
    blobs: BlobStore,
    seed: int,
) -> None:
    dice = random.Random(seed)
    moments = [OLD - dt.timedelta(hours=dice.randint(0, 30_000)) for _ in range(60)]
    write(session, cast, *moments, NOW)
    list(archive_all(test_sessions, blobs, clock))
    found = Counter(str(line["at"]) for row in kept(session, cast) for line in lines(blobs, row))
    assert found == Counter(moment.isoformat() for moment in moments)
    assert count(session, cast, AuditEvent) == 1


def test_a_crash_after_the_file_loses_and_doubles_nothing(
    session: Session,
    test_sessions: Sessions,
    cast: Cast,
    clock: FrozenClock,
    blobs: BlobStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(session, cast, OLD, NOW)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    for step in ("insert", "_demand_sound"):
        with monkeypatch.context() as broken:
            broken.setattr(f"app.kernel.audit.archive.{step}", crash)
            with pytest.raises(KeyboardInterrupt):
                list(archive_all(test_sessions, blobs, clock))
        assert count(session, cast, AuditEvent) == 2
    assert [rows for _, rows in archive_all(test_sessions, blobs, clock)] == [1]
    assert [len(lines(blobs, row)) for row in kept(session, cast)] == [1]


def test_a_damaged_file_keeps_the_rows(
    session: Session,
    test_sessions: Sessions,
    cast: Cast,
    clock: FrozenClock,
    blobs: BlobStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(session, cast, OLD)
    put = blobs.put
    monkeypatch.setattr(
        type(blobs), "put", lambda _self, key, content: put(key, gzip.compress(b""))
    )
    with pytest.raises(ArchiveUnsound):
        list(archive_all(test_sessions, blobs, clock))
    assert count(session, cast, AuditEvent) == 1


@pytest.mark.parametrize("at", [OLD, NOW])
def test_the_database_lets_nothing_go_that_is_young_or_not_archived(
    session: Session, cast: Cast, at: dt.datetime
) -> None:
    """Not even the role that may remove, when nothing was archived; and nobody else at all (KRN-05)."""
    write(session, cast, at)
    enter(session, Scope(org_id=cast.clinic.id))
    call = text("SELECT remove_archived('audit_events', :month)")
    assert session.scalar(call, {"month": at.date().replace(day=1)}) == 0
    for statement in ("DELETE FROM audit_events", "UPDATE audit_archives SET removed_at = NULL"):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement))
    assert count(session, cast, AuditEvent) == 1


def test_rows_that_came_after_the_archive_stop_the_removal(
    session: Session,
    test_sessions: Sessions,
    cast: Cast,
    clock: FrozenClock,
    blobs: BlobStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(session, cast, OLD)
    sound = "app.kernel.audit.archive._demand_sound"
    with monkeypatch.context() as late:
        late.setattr(sound, lambda *_: write(session, cast, OLD))
        with pytest.raises(DBAPIError, match="holds 1 rows, the log 2"):
            list(archive_all(test_sessions, blobs, clock))
    assert count(session, cast, AuditEvent) == 2


def test_each_clinic_gets_its_own_files(
    session: Session, test_sessions: Sessions, cast: Cast, clock: FrozenClock, blobs: BlobStore
) -> None:
    write(session, cast, OLD)
    with scoped(session, Scope(org_id=cast.other_clinic.id)):
        record(session, staff_actor(cast.bogdan), "note.write", "note", 2, at=OLD)
    session.commit()
    assert len(due_months(test_sessions, clock.now())) == 2
    list(archive_all(test_sessions, blobs, clock))
    [mine] = kept(session, cast)
    assert {line["org_id"] for line in lines(blobs, mine)} == {str(cast.clinic.id)}


def test_the_console_hands_out_the_file(
    app: Flask,
    session: Session,
    test_sessions: Sessions,
    cast: Cast,
    clock: FrozenClock,
    signed_in: SignIn,
) -> None:
    write(session, cast, OLD)
    list(archive_all(test_sessions, app.extensions["blobs"], clock))
    olga = signed_in(cast.olga)
    page = olga.get("/movimento/console/audit/archive").text
    assert "May 2024" in page
    [row] = kept(session, cast)
    row_id, digest = row.id, row.sha256
    path = f"/movimento/console/audit/archive/{row_id}"
    answer = olga.get(path)
    assert answer.status_code == 303
    saved = olga.get(answer.location.removeprefix("http://localhost"))
    assert saved.status_code == 200
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert hashlib.sha256(saved.data).hexdigest() == digest
    assert olga.get(f"/movimento/console/audit/archive/{uuid.uuid4()}").status_code == 404
    assert signed_in(cast.ramona).get(path).status_code == 403
    with scoped(session, Scope(org_id=cast.clinic.id)):
        told = session.scalars(select(AuditEvent).where(AuditEvent.action == "audit.export")).one()
    assert told.subject_id == str(row_id)


def test_the_command_says_what_is_due_and_does_it(
    app: Flask,
    session: Session,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    test_sessions: Sessions,
) -> None:
    write(session, cast, OLD)
    monkeypatch.setattr("app.cli.audit.sessionmaker", lambda *_, **__: test_sessions)
    dry = app.test_cli_runner().invoke(args=["audit", "archive", "--dry-run"]).output
    assert "2024-05  audit_events" in dry
    assert "1 months are due" in dry
    assert "1 rows" in app.test_cli_runner().invoke(args=["audit", "archive"]).output
    assert "0 months are due" in app.test_cli_runner().invoke(args=["audit", "archive"]).output
