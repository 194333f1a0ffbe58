"""Which provider a clinic uses for each kind, and what the sandboxes would have sent (KRN-09)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from app.kernel.db import Base, ClinicRow, DataClass, EncryptedText, column


class ProviderChoice(Base, ClinicRow):
    """A clinic's provider for one kind; without a row the platform's default serves."""

    __tablename__ = "provider_choices"
    __table_args__ = (UniqueConstraint("org_id", "kind"),)

    kind: Mapped[str] = column(DataClass.OPERATIONAL)
    name: Mapped[str] = column(DataClass.OPERATIONAL)
    settings: Mapped[str | None] = column(
        DataClass.AUTH_SECRET, EncryptedText("provider_choices.settings")
    )


class SandboxMessage(Base, ClinicRow):
    """What a sandbox provider would have sent. Sending the same key twice records it once."""

    __tablename__ = "sandbox_messages"
    __table_args__ = (
        UniqueConstraint("org_id", "kind", "idempotency_key"),
        CheckConstraint("kind IN ('email', 'sms')", name="kind"),
        Index(None, "org_id", "sent_at"),
    )

    kind: Mapped[str] = column(DataClass.OPERATIONAL)
    idempotency_key: Mapped[str] = column(DataClass.OPERATIONAL)
    recipient: Mapped[str] = column(DataClass.PII_BASIC)
    sender: Mapped[str] = column(DataClass.PUBLIC, server_default="")
    subject: Mapped[str] = column(DataClass.PII_BASIC, server_default="")
    body: Mapped[str] = column(DataClass.CLINICAL)
    attachments: Mapped[list[Any]] = column(DataClass.CLINICAL, server_default=text("'[]'"))
    sent_at: Mapped[dt.datetime]
