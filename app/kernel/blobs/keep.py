"""Keeping a checked file: its bytes in the clinic's storage and its row beside them (KRN-07)."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.blobs.models import Blob
from app.kernel.storage.clinic import ClinicStorage
from app.kernel.storage.inspect import Accepted
from app.lib.ids import uuid7


class Kept(NamedTuple):
    """A file that was kept: its row, and the key that opens it in storage."""

    id: uuid.UUID
    key: str


def keep(
    session: Session, actor: Actor, surface: str, file: Accepted, storage: ClinicStorage
) -> Kept:
    """Store a file that was looked into, under a surface's folder, with size, type and digest in the transaction.

    The bytes go first: a row never names a file that is not there. What a rollback leaves behind has no row.
    """
    key, size = storage.add(surface, file.kind.extension, file.content)
    blob_id = uuid7()
    session.execute(
        insert(Blob).values(
            org_id=actor.clinic,
            id=blob_id,
            key=key,
            surface=surface,
            mime=file.mime,
            size=size,
            sha256=file.sha256,
            filename=file.filename,
            created_by=actor.human_id,
        )
    )
    return Kept(blob_id, key)
