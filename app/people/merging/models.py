"""Merges of cards, with what is needed to take them back, and pairs that are known to be two people (BYD-09)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, ClinicRow, DataClass, clinic_fk, column


class PatientMerge(Base, ClinicRow):
    """One card went into another. `moved` lists the rows that went along, by table; `before` and `after` the values of
    both cards' columns that the merge wrote, so that taking it back restores exactly those.
    """

    __tablename__ = "patient_merges"
    __table_args__ = (
        clinic_fk("patients", "kept_id"),
        clinic_fk("patients", "absorbed_id"),
        CheckConstraint("(undone_at IS NULL) OR (undone_at >= merged_at)", name="order"),
        Index(None, "org_id", "merged_at"),
        Index(None, "org_id", "kept_id"),
    )

    kept_id: Mapped[uuid.UUID]
    absorbed_id: Mapped[uuid.UUID]
    merged_at: Mapped[dt.datetime]
    merged_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
    moved: Mapped[dict[str, Any]] = column(DataClass.OPERATIONAL)
    before: Mapped[dict[str, Any]] = column(DataClass.PII_BASIC)
    after: Mapped[dict[str, Any]] = column(DataClass.PII_BASIC)
    undone_at: Mapped[dt.datetime | None]
    undone_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))


class ApartPair(Base, ClinicRow):
    """Two cards that look alike and were found to be two people; never suggested again. The lower id stands first."""

    __tablename__ = "apart_pairs"
    __table_args__ = (
        clinic_fk("patients", "first_id"),
        clinic_fk("patients", "second_id"),
        UniqueConstraint("org_id", "first_id", "second_id"),
    )

    first_id: Mapped[uuid.UUID]
    second_id: Mapped[uuid.UUID]
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
