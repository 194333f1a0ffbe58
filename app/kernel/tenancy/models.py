"""Clinics (organizations) and their locations."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, ClinicRow, DataClass, column
from app.lib.ids import uuid7


class Organization(Base):
    """A clinic. Draft until `activated_at`; its public card is everything marked public."""

    __tablename__ = "organizations"
    __tenancy__ = "organization"
    __table_args__ = (
        CheckConstraint("tenancy_mode IN ('shared', 'dedicated')", name="tenancy_mode"),
        CheckConstraint(r"slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'", name="slug"),
        CheckConstraint("accent ~ '^#[0-9a-f]{6}$'", name="accent"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    slug: Mapped[str] = column(DataClass.PUBLIC, unique=True)
    name: Mapped[str] = column(DataClass.PUBLIC)
    tagline: Mapped[dict[str, Any]] = column(DataClass.PUBLIC, server_default=text("'{}'"))
    email: Mapped[str | None] = column(DataClass.PUBLIC)
    phone: Mapped[str | None] = column(DataClass.PUBLIC)
    website: Mapped[str | None] = column(DataClass.PUBLIC)
    country: Mapped[str] = column(DataClass.PUBLIC, server_default="RO")
    currency: Mapped[str] = column(DataClass.PUBLIC, server_default="RON")
    locale: Mapped[str] = column(DataClass.PUBLIC, server_default="ro")
    time_zone: Mapped[str] = column(DataClass.PUBLIC, server_default="Europe/Bucharest")
    accent: Mapped[str] = column(DataClass.PUBLIC, server_default="#0f766e")
    logo_key: Mapped[str | None] = column(DataClass.PUBLIC)
    tenancy_mode: Mapped[str] = column(DataClass.OPERATIONAL, server_default="shared")
    settings: Mapped[dict[str, Any]] = column(DataClass.OPERATIONAL, server_default=text("'{}'"))
    activated_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Location(Base, ClinicRow):
    """A place where a clinic works. Any clinic may have several (001, multi-location)."""

    __tablename__ = "locations"

    name: Mapped[str] = column(DataClass.PUBLIC)
    address: Mapped[str] = column(DataClass.PUBLIC, server_default="")
    city: Mapped[str] = column(DataClass.PUBLIC, server_default="")
    phone: Mapped[str | None] = column(DataClass.PUBLIC)
    time_zone: Mapped[str] = column(DataClass.PUBLIC)
    position: Mapped[int] = column(DataClass.OPERATIONAL, server_default="0")
    closed_at: Mapped[dt.datetime | None]


class EmbedOrigin(Base, ClinicRow):
    """A site of the clinic's own that may show its booking pages in a frame (BOK-05)."""

    __tablename__ = "embed_origins"
    __table_args__ = (
        UniqueConstraint("org_id", "origin"),
        CheckConstraint("origin ~ '^https?://[a-z0-9.-]+(:[0-9]{1,5})?$'", name="origin"),
    )

    origin: Mapped[str] = column(DataClass.PUBLIC)
