"""The consent ledger: purposes with versions, append on grant, mark on withdrawal (CNS-01)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, ClinicRow, DataClass, clinic_fk, column
from app.kernel.db.base import PLATFORM


class ConsentPurpose(Base):
    """What a person may consent to. Purposes of the platform have fixed codes (CNS-02)."""

    __tablename__ = "consent_purposes"
    __tenancy__ = PLATFORM
    __table_args__ = (
        CheckConstraint(
            "legal_basis IN ('consent', 'contract', 'legal_obligation')", name="legal_basis"
        ),
    )

    code: Mapped[str] = column(DataClass.PUBLIC, primary_key=True)
    legal_basis: Mapped[str] = column(DataClass.PUBLIC)
    withdrawable: Mapped[bool] = column(DataClass.PUBLIC)
    medical: Mapped[bool] = column(DataClass.PUBLIC, server_default=text("false"))


class ConsentPurposeVersion(Base, ClinicRow):
    """The text of a purpose as one clinic published it, by language. Never changed."""

    __tablename__ = "consent_purpose_versions"
    __table_args__ = (UniqueConstraint("org_id", "purpose", "version"),)

    purpose: Mapped[str] = column(DataClass.PUBLIC, ForeignKey("consent_purposes.code"))
    version: Mapped[int] = column(DataClass.PUBLIC)
    texts: Mapped[dict[str, Any]] = column(DataClass.PUBLIC)
    published_at: Mapped[dt.datetime]


class Consent(Base, ClinicRow):
    """A grant: who, what text, when, how. Withdrawal is a mark on the row, never a deletion."""

    __tablename__ = "consents"
    __table_args__ = (
        clinic_fk("patients", "patient_id"),
        clinic_fk("consent_purpose_versions", "purpose_version_id"),
        clinic_fk("form_instances", "source_form_id"),
        CheckConstraint("source IN ('booking', 'form', 'portal', 'staff')", name="source"),
        CheckConstraint("(source = 'form') = (source_form_id IS NOT NULL)", name="source_form"),
        Index(None, "org_id", "patient_id", "purpose"),
    )

    patient_id: Mapped[uuid.UUID]
    purpose: Mapped[str] = column(DataClass.OPERATIONAL, ForeignKey("consent_purposes.code"))
    purpose_version_id: Mapped[uuid.UUID]
    source: Mapped[str] = column(DataClass.OPERATIONAL)
    source_form_id: Mapped[uuid.UUID | None]
    granted_at: Mapped[dt.datetime]
    granted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
    ip: Mapped[str | None] = column(DataClass.PII_BASIC)
    user_agent: Mapped[str | None] = column(DataClass.PII_BASIC)
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawn_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
