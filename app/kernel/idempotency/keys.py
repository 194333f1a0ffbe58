"""Claiming and settling idempotency keys."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel.idempotency.models import IdempotencyKey
from app.lib.errors import Conflict
from app.lib.ids import uuid7

MAX_KEY_LENGTH = 255


@dataclass(frozen=True)
class Replay:
    """The request was handled before; `answer` is what was said then."""

    answer: dict[str, Any]


def claim(session: Session, org_id: uuid.UUID, scope: str, key: str, request: str) -> Replay | None:
    """Take the key for this transaction, or return the answer given before.

    A twin that runs at the same time waits for the first on the unique constraint. Raises Conflict with code
    `idempotency_key_reused` when the key was used for another request.
    """
    digest = hashlib.sha256(request.encode()).hexdigest()
    taken = session.execute(
        insert(IdempotencyKey)
        .values(
            org_id=org_id, id=uuid7(), scope=scope, key=key[:MAX_KEY_LENGTH], request_digest=digest
        )
        .on_conflict_do_nothing(index_elements=["org_id", "scope", "key"])
        .returning(IdempotencyKey.id)
    ).scalar_one_or_none()
    if taken is not None:
        return None
    row = session.execute(
        select(IdempotencyKey.request_digest, IdempotencyKey.answer).where(
            IdempotencyKey.org_id == org_id,
            IdempotencyKey.scope == scope,
            IdempotencyKey.key == key[:MAX_KEY_LENGTH],
        )
    ).one()
    if row.request_digest != digest or row.answer is None:
        raise Conflict("idempotency_key_reused")
    return Replay(row.answer)


def answered(session: Session, org_id: uuid.UUID, scope: str, key: str) -> dict[str, Any] | None:
    """The answer that this key was given before, if any: for a page that is opened again after its form was sent."""
    found: dict[str, Any] | None = session.scalar(
        select(IdempotencyKey.answer).where(
            IdempotencyKey.org_id == org_id,
            IdempotencyKey.scope == scope,
            IdempotencyKey.key == key[:MAX_KEY_LENGTH],
        )
    )
    return found


def settle(
    session: Session, org_id: uuid.UUID, scope: str, key: str, answer: dict[str, Any]
) -> None:
    """Keep the answer beside the key, in the same transaction as its effect."""
    session.execute(
        update(IdempotencyKey)
        .where(
            IdempotencyKey.org_id == org_id,
            IdempotencyKey.scope == scope,
            IdempotencyKey.key == key[:MAX_KEY_LENGTH],
        )
        .values(answer=answer)
    )
