"""The log of holds (SCH-09)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.kernel.db import Base, ClinicRow, DataClass, clinic_fk, column


class HoldEvent(Base, ClinicRow):
    """One step in the life of a hold. Append-only, kept for ninety days; no contact data, no token.

    `hold` is a digest of the hold's token, empty where none came to be; `source` is the entry of the stream, so that
    none is taken in twice.
    """

    __tablename__ = "hold_events"
    __table_args__ = (
        clinic_fk("calendars", "calendar_id"),
        CheckConstraint(
            "what IN ('made', 'extended', 'replaced', 'released', 'expired', 'booked', 'refused')",
            name="what",
        ),
        UniqueConstraint("org_id", "source"),
        Index(None, "org_id", "hold"),
        Index(None, "org_id", "at"),
    )

    source: Mapped[str] = column(DataClass.OPERATIONAL)
    hold: Mapped[str | None] = column(DataClass.OPERATIONAL)
    what: Mapped[str] = column(DataClass.OPERATIONAL)
    at: Mapped[dt.datetime]
    channel: Mapped[str | None] = column(DataClass.OPERATIONAL)
    calendar_id: Mapped[uuid.UUID | None]
    starts_at: Mapped[dt.datetime | None]
    expires_at: Mapped[dt.datetime | None]
