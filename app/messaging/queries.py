"""Reading deliveries: the history of a subject, what somebody was last told, what a sandbox holds."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session

from app.integrations.models import SandboxMessage
from app.lib.errors import NotFound
from app.lib.paging import Page, PageRequest
from app.lib.text import clean_line
from app.messaging.models import Delivery

# The HTML form of a mail has no name, files have.
_FILE_NAMES = '$[*] ? (@.filename != "").filename'


def history(
    session: Session, org_id: uuid.UUID, subject_type: str, subject_id: uuid.UUID
) -> list[Row[Any]]:
    """Every message about a subject, newest first, with what became of it (NTF-01)."""
    return list(
        session.execute(
            select(
                Delivery.id,
                Delivery.template,
                Delivery.channel,
                Delivery.recipient,
                Delivery.locale,
                Delivery.state,
                Delivery.attempts,
                Delivery.error_code,
                Delivery.provider,
                Delivery.sent_at,
                Delivery.created_at,
                Delivery.subject_version,
            )
            .where(
                Delivery.org_id == org_id,
                Delivery.subject_type == subject_type,
                Delivery.subject_id == subject_id,
            )
            .order_by(Delivery.created_at.desc(), Delivery.id.desc())
        )
    )


def last_sent(
    session: Session, org_id: uuid.UUID, subject_type: str, subject_id: uuid.UUID, channel: str
) -> Delivery | None:
    """What was said of a subject last on a channel, as far as it has left."""
    return session.scalars(
        select(Delivery)
        .where(
            Delivery.org_id == org_id,
            Delivery.subject_type == subject_type,
            Delivery.subject_id == subject_id,
            Delivery.channel == channel,
            Delivery.state == "sent",
        )
        .order_by(Delivery.subject_version.desc(), Delivery.sent_at.desc())
        .limit(1)
    ).first()


def last_sent_each(
    session: Session,
    org_id: uuid.UUID,
    subject_type: str,
    subject_ids: Collection[uuid.UUID],
    channel: str,
) -> dict[uuid.UUID, Delivery]:
    """What was said last of each of many subjects on a channel, as far as it has left."""
    rows = session.scalars(
        select(Delivery)
        .where(
            Delivery.org_id == org_id,
            Delivery.subject_type == subject_type,
            Delivery.subject_id.in_(subject_ids),
            Delivery.channel == channel,
            Delivery.state == "sent",
        )
        .order_by(Delivery.subject_version, Delivery.sent_at)
    )
    return {one.subject_id: one for one in rows if one.subject_id is not None}


def said_or_on_its_way(
    session: Session, org_id: uuid.UUID, subject_type: str, subject_id: uuid.UUID, channel: str
) -> list[Delivery]:
    """What was said of a subject on a channel or is about to be, the newest first."""
    return list(
        session.scalars(
            select(Delivery)
            .where(
                Delivery.org_id == org_id,
                Delivery.subject_type == subject_type,
                Delivery.subject_id == subject_id,
                Delivery.channel == channel,
                Delivery.state.in_(("queued", "sent")),
            )
            .order_by(Delivery.created_at.desc(), Delivery.id.desc())
        )
    )


def delivery(session: Session, org_id: uuid.UUID, delivery_id: uuid.UUID) -> Delivery:
    """One delivery. Raises NotFound."""
    found = session.get(Delivery, (org_id, delivery_id))
    if found is None:
        raise NotFound
    return found


def sandbox_page(
    session: Session, org_id: uuid.UUID, request: PageRequest, *, search: str = "", kind: str = ""
) -> Page[Row[Any]]:
    """What the sandboxes hold for a clinic, newest first; `search` looks at recipient, subject and text."""
    conditions = [SandboxMessage.org_id == org_id]
    if kind:
        conditions.append(SandboxMessage.kind == kind)
    if text := clean_line(search)[:100]:
        conditions.append(
            or_(
                SandboxMessage.recipient.icontains(text, autoescape=True),
                SandboxMessage.subject.icontains(text, autoescape=True),
                SandboxMessage.body.icontains(text, autoescape=True),
            )
        )
    total = session.scalar(select(func.count()).select_from(SandboxMessage).where(*conditions))
    rows = session.execute(
        select(
            SandboxMessage.id,
            SandboxMessage.kind,
            SandboxMessage.recipient,
            SandboxMessage.subject,
            func.left(SandboxMessage.body, 90).label("beginning"),
            func.jsonb_path_query_array(
                SandboxMessage.attachments, cast(_FILE_NAMES, JSONPATH)
            ).label("files"),
            SandboxMessage.sent_at,
        )
        .where(*conditions)
        .order_by(SandboxMessage.sent_at.desc(), SandboxMessage.id.desc())
        .limit(request.size)
        .offset(request.offset)
    ).all()
    return Page(rows, total or 0, request)


def sandbox_message(session: Session, org_id: uuid.UUID, message_id: uuid.UUID) -> SandboxMessage:
    """One message that a sandbox holds. Raises NotFound."""
    found = session.get(SandboxMessage, (org_id, message_id))
    if found is None:
        raise NotFound
    return found
