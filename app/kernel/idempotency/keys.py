"""Claiming and settling idempotency keys."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel.db import table_of
from app.kernel.idempotency.models import IdempotencyKey
from app.lib.errors import Conflict
from app.lib.ids import uuid7

MAX_KEY_LENGTH = 255


@dataclass(frozen=True)
class Replay:
    """The request was handled before; `answer` is what was said then."""

    answer: dict[str, Any]


_KEYS = table_of(IdempotencyKey)
_CLAIM = (
    insert(_KEYS)
    .on_conflict_do_nothing(index_elements=["org_id", "scope", "key"])
    .returning(_KEYS.c.id)
)
_SAID = select(_KEYS.c.request_digest, _KEYS.c.answer).where(
    _KEYS.c.org_id == bindparam("org_id"),
    _KEYS.c.scope == bindparam("scope"),
    _KEYS.c.key == bindparam("key"),
)


def claim(
    session: Session,
    org_id: uuid.UUID,
    scope: str,
    key: str,
    request: str,
    answer: dict[str, Any] | None = None,
) -> Replay | None:
    """Take the key for this transaction, or return the answer given before.

    Whoever knows their `answer` beforehand gives it here and need not `settle`. A twin that runs at the same time waits
    for the first on the unique constraint. Raises Conflict with code `idempotency_key_reused` when the key was used
    for another request.
    """
    digest = hashlib.sha256(request.encode()).hexdigest()
    named = {"org_id": org_id, "scope": scope, "key": key[:MAX_KEY_LENGTH]}
    # Without an answer the column is left out, so that it is empty and not JSON's null.
    known = {} if answer is None else {"answer": answer}
    session.flush()
    taken = (
        session.connection()
        .execute(_CLAIM, {**named, "id": uuid7(), "request_digest": digest, **known})
        .scalar_one_or_none()
    )
    if taken is not None:
        return None
    row = session.execute(_SAID, named).one()
    if row.request_digest != digest or row.answer is None:
        raise Conflict("idempotency_key_reused")
    return Replay(row.answer)


def answered(session: Session, org_id: uuid.UUID, scope: str, key: str) -> dict[str, Any] | None:
    """The answer that this key was given before, if any: for a page that is opened again after its form was sent."""
    named = {"org_id": org_id, "scope": scope, "key": key[:MAX_KEY_LENGTH]}
    row = session.execute(_SAID, named).one_or_none()
    return None if row is None else row.answer


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
