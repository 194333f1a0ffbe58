"""Documents of a service: what patients read before they come (CAT-01)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import and_, insert, select, update
from sqlalchemy.orm import Session

from app.catalog.models import Service, ServiceDocument
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.blobs.keep import keep
from app.kernel.blobs.models import Blob
from app.kernel.storage.clinic import ClinicStorage
from app.kernel.storage.inspect import Accepted
from app.lib.errors import Conflict, Invalid, NotFound
from app.lib.ids import uuid7

DOCUMENTS = "service-documents"
MOST = 10


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A document as lists show it; `key` names its file in storage, `size` in bytes."""

    id: uuid.UUID
    names: dict[str, str]
    key: str
    mime: str
    size: int


def add_document(
    session: Session,
    actor: Actor,
    service_id: uuid.UUID,
    names: Mapping[str, str],
    file: Accepted,
    blobs: ClinicStorage,
    *,
    now: dt.datetime,
) -> uuid.UUID:
    """Give a service a document. Raises Invalid without a name, Conflict `too_many_documents`, NotFound."""
    if not any(words.strip() for words in names.values()):
        raise Invalid.one("names", "required")
    if session.get(Service, (actor.clinic, service_id), with_for_update=True) is None:
        raise NotFound("service_not_found")
    if len(documents(session, actor.clinic, service_id)) >= MOST:
        raise Conflict("too_many_documents", limit=MOST)
    blob_id, document_id = keep(session, actor, DOCUMENTS, file, blobs).id, uuid7()
    session.execute(
        insert(ServiceDocument).values(
            org_id=actor.clinic,
            id=document_id,
            service_id=service_id,
            blob_id=blob_id,
            names=dict(names),
            created_at=now,
        )
    )
    record(session, actor, "catalog.add_document", "service", service_id, at=now)
    return document_id


def remove_document(
    session: Session, actor: Actor, document_id: uuid.UUID, *, now: dt.datetime
) -> uuid.UUID:
    """Take a document from its service; gives the service. Raises NotFound."""
    service_id = session.scalar(
        update(ServiceDocument)
        .where(
            ServiceDocument.org_id == actor.clinic,
            ServiceDocument.id == document_id,
            ServiceDocument.deleted_at.is_(None),
        )
        .values(deleted_at=now)
        .returning(ServiceDocument.service_id)
    )
    if service_id is None:
        raise NotFound("document_not_found")
    record(session, actor, "catalog.remove_document", "service", service_id, at=now)
    return service_id


def documents(session: Session, org_id: uuid.UUID, service_id: uuid.UUID) -> list[DocumentLine]:
    """The documents of a service in the order in which they were added."""
    rows = session.execute(
        select(ServiceDocument.id, ServiceDocument.names, Blob.key, Blob.mime, Blob.size)
        .join(
            Blob,
            and_(Blob.org_id == ServiceDocument.org_id, Blob.id == ServiceDocument.blob_id),
        )
        .where(
            ServiceDocument.org_id == org_id,
            ServiceDocument.service_id == service_id,
            ServiceDocument.deleted_at.is_(None),
        )
        .order_by(ServiceDocument.created_at, ServiceDocument.id)
    )
    return [DocumentLine(*row) for row in rows]
