"""Keeping files with a visit, showing them to the patient, removing them (APT-02)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.appointments.files.models import VisitFile
from app.appointments.files.queries import count_files
from app.appointments.models import Appointment
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.blobs.keep import keep
from app.kernel.blobs.models import Blob
from app.kernel.db import once_committed
from app.kernel.storage.clinic import ClinicStorage
from app.kernel.storage.errors import StorageUnavailable
from app.kernel.storage.inspect import Accepted
from app.lib.errors import Conflict, Invalid, NotFound
from app.lib.ids import uuid7
from app.lib.text import bounded_line

SURFACE = "visit-files"
MOST = 30
TITLE_LIMIT, REASON_LIMIT, SHORTEST_REASON = 120, 300, 3


def add_file(
    session: Session,
    actor: Actor,
    appointment_id: uuid.UUID,
    title: str,
    file: Accepted,
    storage: ClinicStorage,
    *,
    shared: bool,
    now: dt.datetime,
) -> uuid.UUID:
    """Keep a file with a visit; `shared` lets the patient open it. Without a title it is called by its file's name.

    Raises NotFound, Invalid, Conflict `too_many_files`.
    """
    called = bounded_line(title or file.filename, "title", limit=TITLE_LIMIT)
    _locked_visit(session, actor, appointment_id)
    if count_files(session, actor.clinic, appointment_id) >= MOST:
        raise Conflict("too_many_files", limit=MOST)
    kept, file_id = keep(session, actor, SURFACE, file, storage), uuid7()
    session.execute(
        insert(VisitFile).values(
            org_id=actor.clinic,
            id=file_id,
            appointment_id=appointment_id,
            blob_id=kept.id,
            title=called,
            shared=shared,
            added_by=actor.human_id,
            created_at=now,
        )
    )
    told = {"file_id": str(file_id), "shared": shared}
    record(
        session,
        actor,
        "appointments.add_file",
        "appointment",
        appointment_id,
        at=now,
        after=told,
    )
    return file_id


def share_file(
    session: Session, actor: Actor, file_id: uuid.UUID, *, shared: bool, now: dt.datetime
) -> uuid.UUID:
    """Let the patient open it, or no longer; gives the visit. Saying it twice changes nothing. Raises NotFound."""
    found = _locked_file(session, actor, file_id)
    if found.shared != shared:
        found.shared = shared
        session.flush()
        record(
            session,
            actor,
            "appointments.share_file",
            "appointment",
            found.appointment_id,
            at=now,
            before={"file_id": str(file_id), "shared": not shared},
            after={"file_id": str(file_id), "shared": shared},
        )
    return found.appointment_id


def remove_file(
    session: Session,
    actor: Actor,
    file_id: uuid.UUID,
    reason: str,
    storage: ClinicStorage,
    *,
    now: dt.datetime,
) -> uuid.UUID:
    """Remove a file with its content, for a reason that stays; gives the visit. Raises NotFound, Invalid."""
    said = bounded_line(reason, "reason", limit=REASON_LIMIT)
    if len(said) < SHORTEST_REASON:
        raise Invalid.one("reason", "reason_too_short", min=SHORTEST_REASON)
    found = _locked_file(session, actor, file_id)
    found.removed_at, found.removed_by, found.removal_reason = now, actor.human_id, said
    blob = session.get_one(Blob, (actor.clinic, found.blob_id))
    blob.deleted_at = now
    session.flush()
    record(
        session,
        actor,
        "appointments.remove_file",
        "appointment",
        found.appointment_id,
        at=now,
        before={"file_id": str(file_id), "shared": found.shared},
        reason=said,
    )
    once_committed(session, _erase, (storage, blob.key))
    return found.appointment_id


def _erase(removed: Sequence[tuple[ClinicStorage, str]]) -> None:
    # Where storage is away the nightly job does it (jobs.py).
    with suppress(StorageUnavailable):
        for storage, key in removed:
            storage.delete(key)


def _locked_visit(session: Session, actor: Actor, appointment_id: uuid.UUID) -> None:
    found = session.scalar(
        select(Appointment.id)
        .where(
            Appointment.org_id == actor.clinic,
            Appointment.id == appointment_id,
            Appointment.deleted_at.is_(None),
        )
        .with_for_update()
    )
    if found is None:
        raise NotFound("appointment_not_found")


def _locked_file(session: Session, actor: Actor, file_id: uuid.UUID) -> VisitFile:
    found = session.scalars(
        select(VisitFile)
        .where(
            VisitFile.org_id == actor.clinic,
            VisitFile.id == file_id,
            VisitFile.removed_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("file_unknown")
    return found
