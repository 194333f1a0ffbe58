"""Deliveries: one row a message and channel, from queued to sent or failed (NTF-01, NTF-02)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from app.kernel.db import Base, ClinicRow, DataClass, clinic_fk, column


class Delivery(Base, ClinicRow):
    """One message to one recipient on one channel.

    `idempotency_key` is unique: the same happening never asks twice. `subject_version` is the version of the thing told
    of; a message about an older version is superseded, not sent.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("org_id", "idempotency_key"),
        clinic_fk("patients", "patient_id"),
        CheckConstraint("channel IN ('email', 'sms')", name="channel"),
        CheckConstraint(
            "state IN ('queued', 'sent', 'failed', 'superseded', 'suppressed')", name="state"
        ),
        Index(None, "org_id", "subject_type", "subject_id"),
        Index(None, "org_id", "created_at"),
    )

    idempotency_key: Mapped[str] = column(DataClass.OPERATIONAL)
    template: Mapped[str] = column(DataClass.OPERATIONAL)
    channel: Mapped[str] = column(DataClass.OPERATIONAL)
    locale: Mapped[str] = column(DataClass.OPERATIONAL)
    recipient: Mapped[str] = column(DataClass.PII_BASIC)
    patient_id: Mapped[uuid.UUID | None]
    subject_type: Mapped[str] = column(DataClass.OPERATIONAL)
    subject_id: Mapped[uuid.UUID]
    subject_version: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("0"))
    context: Mapped[dict[str, Any]] = column(DataClass.CLINICAL, server_default=text("'{}'"))
    state: Mapped[str] = column(DataClass.OPERATIONAL, server_default="queued")
    attempts: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("0"))
    error_code: Mapped[str | None] = column(DataClass.OPERATIONAL)
    provider: Mapped[str | None] = column(DataClass.OPERATIONAL)
    provider_reference: Mapped[str | None] = column(DataClass.OPERATIONAL)
    sent_at: Mapped[dt.datetime | None]
