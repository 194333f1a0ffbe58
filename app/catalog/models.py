"""What a clinic offers: services and who is qualified to give them (CAT-01, CAT-02)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from app.kernel.db import Base, ClinicRow, DataClass, clinic_fk, column


class Service(Base, ClinicRow):
    """Something a patient can book. Times in minutes, price in minor currency units."""

    __tablename__ = "services"
    __table_args__ = (
        UniqueConstraint("org_id", "slug"),
        CheckConstraint(
            "kind IN ('consultation', 'evaluation', 'therapy', 'group_class', 'telerehab')",
            name="kind",
        ),
        CheckConstraint("duration_min BETWEEN 5 AND 1440", name="duration"),
        CheckConstraint("step_min BETWEEN 5 AND 1440", name="step"),
        CheckConstraint(
            "buffer_before_min BETWEEN 0 AND 240 AND buffer_after_min BETWEEN 0 AND 240",
            name="buffers",
        ),
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("cooldown_min BETWEEN 0 AND 1440", name="cooldown"),
        CheckConstraint("capacity BETWEEN 1 AND 500", name="capacity"),
    )

    slug: Mapped[str] = column(DataClass.PUBLIC)
    names: Mapped[dict[str, Any]] = column(DataClass.PUBLIC)
    descriptions: Mapped[dict[str, Any]] = column(DataClass.PUBLIC, server_default=text("'{}'"))
    policies: Mapped[dict[str, Any]] = column(DataClass.PUBLIC, server_default=text("'{}'"))
    kind: Mapped[str] = column(DataClass.PUBLIC)
    duration_min: Mapped[int] = column(DataClass.PUBLIC)
    step_min: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("15"))
    buffer_before_min: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("0"))
    buffer_after_min: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("0"))
    cooldown_min: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("0"))
    min_notice_min: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("120"))
    horizon_days: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("60"))
    cancel_notice_min: Mapped[int] = column(DataClass.PUBLIC, server_default=text("1440"))
    terms: Mapped[dict[str, Any]] = column(DataClass.PUBLIC, server_default=text("'{}'"))
    capacity: Mapped[int] = column(DataClass.PUBLIC, server_default=text("1"))
    needs_room: Mapped[bool] = column(DataClass.OPERATIONAL, server_default=text("false"))
    needs_device: Mapped[bool] = column(DataClass.OPERATIONAL, server_default=text("false"))
    price_minor: Mapped[int] = column(DataClass.COMMERCIAL)
    currency: Mapped[str] = column(DataClass.COMMERCIAL, server_default="RON")
    public: Mapped[bool] = column(DataClass.OPERATIONAL, server_default=text("true"))
    position: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("0"))
    archived_at: Mapped[dt.datetime | None]


class ServiceSpecialist(Base, ClinicRow):
    """A specialist is qualified for a service."""

    __tablename__ = "service_specialists"
    __table_args__ = (
        clinic_fk("services", "service_id"),
        clinic_fk("specialists", "specialist_id"),
        UniqueConstraint("org_id", "service_id", "specialist_id"),
    )

    service_id: Mapped[uuid.UUID]
    specialist_id: Mapped[uuid.UUID]


class ServiceAddon(Base, ClinicRow):
    """Something that is added to a visit of a service: a product, a procedure, more time (APT-02).

    Price and minutes are of one; `most` is how many a visit may have. Only those `online` are offered to patients.
    """

    __tablename__ = "service_addons"
    __table_args__ = (
        clinic_fk("services", "service_id"),
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("extra_min BETWEEN 0 AND 240 AND extra_min % 5 = 0", name="extra"),
        CheckConstraint("most BETWEEN 1 AND 10", name="most"),
        Index(None, "org_id", "service_id"),
    )

    service_id: Mapped[uuid.UUID]
    names: Mapped[dict[str, Any]] = column(DataClass.PUBLIC)
    price_minor: Mapped[int] = column(DataClass.COMMERCIAL)
    extra_min: Mapped[int] = column(DataClass.PUBLIC, server_default=text("0"))
    most: Mapped[int] = column(DataClass.PUBLIC, server_default=text("1"))
    online: Mapped[bool] = column(DataClass.OPERATIONAL, server_default=text("true"))
    archived_at: Mapped[dt.datetime | None]


class ServiceDocument(Base, ClinicRow):
    """A file that patients of a service read: how to prepare, what to bring (CAT-01)."""

    __tablename__ = "service_documents"
    __table_args__ = (
        clinic_fk("services", "service_id"),
        clinic_fk("blobs", "blob_id"),
        Index(None, "org_id", "service_id"),
    )

    service_id: Mapped[uuid.UUID]
    blob_id: Mapped[uuid.UUID]
    names: Mapped[dict[str, Any]] = column(DataClass.PUBLIC)
    deleted_at: Mapped[dt.datetime | None]
