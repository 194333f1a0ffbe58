"""Which sites may show a clinic's booking pages in a frame: listed by the clinic, nobody by default (BOK-05)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.tenancy.models import EmbedOrigin
from app.lib.errors import Invalid, NotFound
from app.lib.ids import uuid7
from app.lib.origins import parse_origin

MOST = 20


def embed_origins(session: Session, org_id: uuid.UUID) -> Sequence[Row[uuid.UUID, str]]:
    """The allowed origins by identifier, in the order of the alphabet."""
    return session.execute(
        select(EmbedOrigin.id, EmbedOrigin.origin)
        .where(EmbedOrigin.org_id == org_id)
        .order_by(EmbedOrigin.origin)
    ).all()


def allow_embedding(session: Session, actor: Actor, typed: str, *, now: dt.datetime) -> str:
    """Let a site embed the booking pages; twice is no error. Raises Invalid. Gives the origin as it counts."""
    origin = parse_origin(typed)
    count = select(func.count()).where(EmbedOrigin.org_id == actor.clinic)
    if (session.scalar(count) or 0) >= MOST:
        raise Invalid.one("origin", "origins_many", limit=MOST)
    origin_id = session.scalar(
        insert(EmbedOrigin)
        .values(org_id=actor.clinic, id=uuid7(), origin=origin, created_at=now)
        .on_conflict_do_nothing(index_elements=["org_id", "origin"])
        .returning(EmbedOrigin.id)
    )
    if origin_id is not None:
        after = {"origin": origin}
        record(session, actor, "embedding.allow", "embed_origin", origin_id, at=now, after=after)
    return origin


def stop_embedding(
    session: Session, actor: Actor, origin_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """Take a site off the list: browsers refuse to frame the next page. Raises NotFound."""
    origin = session.scalar(
        delete(EmbedOrigin)
        .where(EmbedOrigin.org_id == actor.clinic, EmbedOrigin.id == origin_id)
        .returning(EmbedOrigin.origin)
    )
    if origin is None:
        raise NotFound("not_found")
    before = {"origin": origin}
    record(session, actor, "embedding.stop", "embed_origin", origin_id, at=now, before=before)
