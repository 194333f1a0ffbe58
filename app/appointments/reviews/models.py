"""What patients say of their visits, and when a clinic asks (APT-02)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, ClinicRow, DataClass, clinic_fk, column


class VisitReview(Base, ClinicRow):
    """A patient's word on a visit that is done. `handled_*` is what staff did about it; never shown to the public."""

    __tablename__ = "visit_reviews"
    __table_args__ = (
        clinic_fk("appointments", "appointment_id"),
        UniqueConstraint("org_id", "appointment_id"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("changed_at >= given_at", name="order"),
        Index(None, "org_id", "given_at"),
    )

    appointment_id: Mapped[uuid.UUID]
    rating: Mapped[int] = column(DataClass.OPERATIONAL)
    comment: Mapped[str] = column(DataClass.CLINICAL, server_default="")
    given_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]
    alerted_at: Mapped[dt.datetime | None]
    handled_at: Mapped[dt.datetime | None]
    handled_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
    handled_note: Mapped[str] = column(DataClass.CLINICAL, server_default="")


class ReviewRule(Base, ClinicRow):
    """When reviews are asked for: for one service, or without a service for the whole clinic."""

    __tablename__ = "review_rules"
    __table_args__ = (
        clinic_fk("services", "service_id"),
        UniqueConstraint("org_id", "service_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("after_hours BETWEEN 0 AND 72", name="after"),
        CheckConstraint("low_rating BETWEEN 0 AND 4", name="low"),
    )

    service_id: Mapped[uuid.UUID | None]
    asks: Mapped[bool] = column(DataClass.OPERATIONAL)
    after_hours: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("3"))
    low_rating: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("2"))
