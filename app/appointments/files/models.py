"""Files of visits. A removed one stays as a row with its reason; its content is gone."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, ClinicRow, DataClass, clinic_fk, column


class VisitFile(Base, ClinicRow):
    """A file kept with a visit; only a `shared` one is for the patient's eyes."""

    __tablename__ = "visit_files"
    __table_args__ = (
        clinic_fk("appointments", "appointment_id"),
        clinic_fk("blobs", "blob_id"),
        CheckConstraint(
            "(removed_at IS NULL) = (removal_reason IS NULL)", name="removed_with_reason"
        ),
        Index(None, "org_id", "appointment_id"),
    )

    appointment_id: Mapped[uuid.UUID]
    blob_id: Mapped[uuid.UUID]
    title: Mapped[str] = column(DataClass.CLINICAL)
    shared: Mapped[bool] = column(DataClass.OPERATIONAL)
    added_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
    removed_at: Mapped[dt.datetime | None]
    removed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
    removal_reason: Mapped[str | None] = column(DataClass.CLINICAL)
