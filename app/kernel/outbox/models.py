"""Tables of the outbox."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from app.kernel.db import Base, ClinicRow, DataClass, clinic_fk, column


class OutboxEvent(Base, ClinicRow):
    """An event that was committed with the change that it tells of.

    Open while `done_at` and `parked_at` are empty; leased to one dispatcher until `leased_until`.
    """

    __tablename__ = "outbox_events"
    __table_args__ = (
        Index(
            "ix_outbox_events_open",
            "available_at",
            postgresql_where=text("done_at IS NULL AND parked_at IS NULL"),
        ),
        Index("ix_outbox_events_done", "done_at", postgresql_where=text("done_at IS NOT NULL")),
    )

    name: Mapped[str] = column(DataClass.OPERATIONAL)
    payload: Mapped[dict[str, Any]] = column(DataClass.OPERATIONAL)
    available_at: Mapped[dt.datetime]
    attempts: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("0"))
    leased_until: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]
    parked_at: Mapped[dt.datetime | None]
    error: Mapped[str | None] = column(DataClass.OPERATIONAL)


class OutboxReceipt(Base, ClinicRow):
    """A subscriber has handled an event; committed with what it did, so it never does it twice."""

    __tablename__ = "outbox_receipts"
    __table_args__ = (
        clinic_fk("outbox_events", "event_id", ondelete="CASCADE"),
        UniqueConstraint("org_id", "event_id", "subscriber"),
    )

    event_id: Mapped[uuid.UUID]
    subscriber: Mapped[str] = column(DataClass.OPERATIONAL)
