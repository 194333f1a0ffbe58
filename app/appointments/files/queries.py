"""Reading files of visits: those of one visit, those that a patient may open."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.orm import Session

from app.appointments.files.models import VisitFile
from app.appointments.models import Appointment
from app.appointments.queries.beside import ITS_SERVICE
from app.catalog.models import Service
from app.kernel.blobs.models import Blob
from app.kernel.identity.models import Human
from app.lib.errors import NotFound

_ITS_CONTENT = and_(Blob.org_id == VisitFile.org_id, Blob.id == VisitFile.blob_id)
_ITS_VISIT = and_(
    Appointment.org_id == VisitFile.org_id, Appointment.id == VisitFile.appointment_id
)


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of a visit; `key` names it in storage, `size` in bytes, `by` who added it."""

    id: uuid.UUID
    appointment_id: uuid.UUID
    patient_id: uuid.UUID
    title: str
    shared: bool
    added_at: dt.datetime
    key: str
    mime: str
    size: int
    by: str | None


def files_of(session: Session, org_id: uuid.UUID, appointment_id: uuid.UUID) -> list[FileLine]:
    """The files of a visit, newest first."""
    rows = session.execute(
        _lines(org_id)
        .where(VisitFile.appointment_id == appointment_id)
        .order_by(VisitFile.id.desc())
    )
    return [FileLine(*row) for row in rows]


def one_file(session: Session, org_id: uuid.UUID, file_id: uuid.UUID) -> FileLine:
    """One file that is there. Raises NotFound `file_unknown`."""
    row = session.execute(_lines(org_id).where(VisitFile.id == file_id)).one_or_none()
    if row is None:
        raise NotFound("file_unknown")
    return FileLine(*row)


def count_files(session: Session, org_id: uuid.UUID, appointment_id: uuid.UUID) -> int:
    """How many files a visit has."""
    query = (
        select(func.count())
        .select_from(VisitFile)
        .where(
            VisitFile.org_id == org_id,
            VisitFile.appointment_id == appointment_id,
            VisitFile.removed_at.is_(None),
        )
    )
    return session.scalar(query) or 0


def shared_files(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> Sequence[Row[Any]]:
    """What a patient may open, the latest visit first: file, title, size, and the visit that it belongs to."""
    return session.execute(
        select(
            VisitFile.id,
            VisitFile.title,
            Blob.mime,
            Blob.size,
            Appointment.starts_at,
            Appointment.time_zone,
            Service.names.label("service_names"),
        )
        .join(Blob, _ITS_CONTENT)
        .join(Appointment, _ITS_VISIT)
        .join(Service, ITS_SERVICE)
        .where(_shared_with(org_id, patient_id))
        .order_by(Appointment.starts_at.desc(), VisitFile.id.desc())
    ).all()


def any_shared(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> bool:
    """Whether there is a file that the patient may open."""
    some = select(VisitFile.id).join(Appointment, _ITS_VISIT)
    return bool(session.scalar(select(some.where(_shared_with(org_id, patient_id)).exists())))


def _shared_with(org_id: uuid.UUID, patient_id: uuid.UUID) -> ColumnElement[bool]:
    return and_(
        VisitFile.org_id == org_id,
        Appointment.patient_id == patient_id,
        Appointment.deleted_at.is_(None),
        VisitFile.shared,
        VisitFile.removed_at.is_(None),
    )


def removed_keys(session: Session, org_id: uuid.UUID, since: dt.datetime) -> list[str]:
    """Keys of files removed since then, whose content has to be gone."""
    return list(
        session.scalars(
            select(Blob.key)
            .join(VisitFile, _ITS_CONTENT)
            .where(VisitFile.org_id == org_id, VisitFile.removed_at >= since)
        )
    )


def _lines(org_id: uuid.UUID) -> Select[Any]:
    lines: Any = (
        select(
            VisitFile.id,
            VisitFile.appointment_id,
            Appointment.patient_id,
            VisitFile.title,
            VisitFile.shared,
            VisitFile.created_at,
            Blob.key,
            Blob.mime,
            Blob.size,
            Human.name,
        )
        .join(Blob, _ITS_CONTENT)
        .join(Appointment, _ITS_VISIT)
        .outerjoin(Human, Human.id == VisitFile.added_by)
        .where(
            VisitFile.org_id == org_id,
            VisitFile.removed_at.is_(None),
            Appointment.deleted_at.is_(None),
        )
    )
    found: Select[Any] = lines
    return found
