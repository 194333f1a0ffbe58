"""Which provider serves the clinic at hand: its row in `provider_choices`, else the platform's default (KRN-09)."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.integrations.email.port import EMAIL
from app.integrations.models import ProviderChoice, SandboxMessage
from app.integrations.payment.port import PAYMENT
from app.integrations.registry import (
    Choice,
    Kind,
    Registry,
    SandboxLog,
    SandboxRecord,
    Surroundings,
)
from app.integrations.sms.port import SMS
from app.lib.clock import Clock
from app.lib.ids import uuid7

Port = TypeVar("Port")


class _Installed:
    """The registry and clock of this process, from the composer."""

    registry: Registry
    clock: Clock


def install(registry: Registry, clock: Clock) -> None:
    """Say which implementations this process knows; once, at start."""
    _Installed.registry, _Installed.clock = registry, clock


def platform_defaults(smtp_url: str | None, base_url: str) -> list[Choice]:
    """What serves a clinic without a choice of its own: sandboxes, and SMTP where the operator names a server.

    The platform's mail comes from `no-reply` at the host of its public address.
    """
    email = Choice(EMAIL.name, "sandbox")
    if smtp_url:
        sender = f"no-reply@{urlsplit(base_url).hostname}"
        email = Choice(EMAIL.name, "smtp", {"url": smtp_url, "sender": sender})
    return [email, Choice(SMS.name, "sandbox"), Choice(PAYMENT.name, "sandbox")]


def provider(session: Session, org_id: uuid.UUID, kind: Kind[Port]) -> Port:
    """The implementation that serves this clinic. Raises `UnknownProvider` and `ProviderSettingsError`."""
    surroundings = Surroundings(sandbox_log(session, org_id), _Installed.clock, str(org_id))
    return _Installed.registry.resolve(kind, choices(session, org_id, kind), surroundings)


def choices(session: Session, org_id: uuid.UUID, kind: Kind[Any]) -> Iterable[Choice]:
    """The clinic's own choice of that kind, if it made one."""
    rows = session.execute(
        select(ProviderChoice.name, ProviderChoice.settings).where(
            ProviderChoice.org_id == org_id, ProviderChoice.kind == kind.name
        )
    ).all()
    return [Choice(kind.name, row.name, json.loads(row.settings or "{}")) for row in rows]


def sandbox_log(session: Session, org_id: uuid.UUID) -> SandboxLog:
    """Keeps what a sandbox would have sent, in the caller's transaction; the same key is kept once."""

    def keep(record: SandboxRecord) -> None:
        session.execute(
            insert(SandboxMessage)
            .values(
                org_id=org_id,
                id=uuid7(),
                kind=record.kind,
                idempotency_key=record.idempotency_key,
                recipient=record.recipient,
                sender=record.sender,
                subject=record.subject,
                body=record.body,
                attachments=[*_alternative(record.html), *map(dict, record.attachments)],
                sent_at=record.sent_at,
            )
            .on_conflict_do_nothing(index_elements=["org_id", "kind", "idempotency_key"])
        )

    return keep


def _alternative(html: str) -> list[dict[str, object]]:
    """The HTML form of a mail, kept as the part that it is on the wire."""
    if not html:
        return []
    content = html.encode()
    return [
        {
            "filename": "",
            "mime": "text/html",
            "bytes": len(content),
            "content": base64.b64encode(content).decode(),
        }
    ]
