"""Who waits for what, and what was offered to them."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from app.kernel.db import Base, ClinicRow, DataClass, clinic_fk, column


class WaitingEntry(Base, ClinicRow):
    """Somebody waits for a time in a calendar. One open entry for a person and calendar: joining again changes it.

    `weekdays` has bit 0 for Monday; `parts` bit 0 for the morning, 1 for the afternoon, 2 for the evening, all on the
    clock of `time_zone`, where the visit takes place.
    """

    __tablename__ = "waiting_entries"
    __table_args__ = (
        clinic_fk("patients", "patient_id"),
        clinic_fk("calendars", "calendar_id"),
        clinic_fk("specialists", "specialist_id"),
        CheckConstraint("state IN ('waiting', 'booked', 'left')", name="state"),
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        CheckConstraint("parts BETWEEN 1 AND 7", name="parts"),
        CheckConstraint(
            "last_day IS NULL OR first_day IS NULL OR last_day >= first_day", name="days"
        ),
        CheckConstraint("channel IN ('online', 'phone', 'portal')", name="channel"),
        Index(
            "ix_waiting_entries_open",
            "org_id",
            "patient_id",
            "calendar_id",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(None, "org_id", "created_at"),
    )

    patient_id: Mapped[uuid.UUID]
    calendar_id: Mapped[uuid.UUID]
    specialist_id: Mapped[uuid.UUID | None]
    first_day: Mapped[dt.date | None] = column(DataClass.OPERATIONAL)
    last_day: Mapped[dt.date | None] = column(DataClass.OPERATIONAL)
    weekdays: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("127"))
    parts: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("7"))
    time_zone: Mapped[str] = column(DataClass.OPERATIONAL)
    priority: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("0"))
    channel: Mapped[str] = column(DataClass.OPERATIONAL)
    state: Mapped[str] = column(DataClass.OPERATIONAL, server_default="waiting")
    ended_at: Mapped[dt.datetime | None]


class WaitingOffer(Base, ClinicRow):
    """A time offered to somebody until `expires_at`. The same time is never offered to them twice."""

    __tablename__ = "waiting_offers"
    __table_args__ = (
        clinic_fk("waiting_entries", "entry_id"),
        clinic_fk("specialists", "specialist_id"),
        clinic_fk("appointments", "appointment_id"),
        CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'expired', 'withdrawn')", name="state"
        ),
        CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="answered"),
        CheckConstraint("(state = 'accepted') = (appointment_id IS NOT NULL)", name="accepted"),
        CheckConstraint("ends_at > starts_at", name="order"),
        UniqueConstraint("org_id", "entry_id", "starts_at", "specialist_id"),
        Index(
            "ix_waiting_offers_open",
            "org_id",
            "entry_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "org_id", "expires_at"),
    )

    entry_id: Mapped[uuid.UUID]
    specialist_id: Mapped[uuid.UUID]
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    state: Mapped[str] = column(DataClass.OPERATIONAL, server_default="open")
    expires_at: Mapped[dt.datetime]
    answered_at: Mapped[dt.datetime | None]
    appointment_id: Mapped[uuid.UUID | None]
