"""People of a clinic: patients, their portable profiles and caregivers, specialists."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, ClinicRow, DataClass, EncryptedText, clinic_fk, column
from app.kernel.db.base import IDENTITY
from app.lib.ids import uuid7


class PatientProfile(Base):
    """A person's portable profile, owned by the person and not by a clinic (KRN-02).

    `human_id` is empty for somebody without a login, for example a child with a caregiver.
    """

    __tablename__ = "patient_profiles"
    __tenancy__ = IDENTITY
    __table_args__ = (
        CheckConstraint("sex IS NULL OR sex IN ('female', 'male', 'other')", name="sex"),
        Index(None, "human_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    human_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
    name: Mapped[str] = column(DataClass.PII_BASIC)
    birth_date: Mapped[dt.date | None] = column(DataClass.PII_BASIC)
    sex: Mapped[str | None] = column(DataClass.PII_BASIC)
    residence: Mapped[str] = column(DataClass.PII_BASIC, server_default="")
    national_id: Mapped[str | None] = column(
        DataClass.PII_REGULATED, EncryptedText("patient_profiles.national_id")
    )
    health: Mapped[dict[str, Any]] = column(DataClass.CLINICAL, server_default=text("'{}'"))
    emergency_contact: Mapped[dict[str, Any]] = column(
        DataClass.PII_BASIC, server_default=text("'{}'")
    )
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Caregiver(Base):
    """A human who may act for a profile (KRN-02)."""

    __tablename__ = "caregivers"
    __tenancy__ = IDENTITY
    __table_args__ = (
        UniqueConstraint("human_id", "profile_id"),
        Index(None, "profile_id"),
        CheckConstraint(
            "relation IN ('parent', 'child', 'partner', 'guardian', 'other')", name="relation"
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    human_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("humans.id"))
    profile_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("patient_profiles.id"))
    relation: Mapped[str] = column(DataClass.PII_BASIC)
    revoked_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Patient(Base, ClinicRow):
    """A person as one clinic knows them: the contact card, and the link to the portable profile.

    A guest who booked has a card without `onboarded_at` and without a profile; staff onboarding gives both (004 F5.4).
    `search_text` is the folded name, e-mail and phone, kept by the actions that write the card.
    """

    __tablename__ = "patients"
    __table_args__ = (
        UniqueConstraint("org_id", "number"),
        UniqueConstraint("org_id", "profile_id"),
        Index(None, "org_id", "search_name"),
        Index(None, "org_id", "email"),
        Index(None, "org_id", "phone"),
        Index(None, "profile_id"),
        Index(
            "ix_patients_merged",
            "org_id",
            "merged_into_id",
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        clinic_fk("specialists", "preferred_specialist_id"),
        clinic_fk("patients", "merged_into_id"),
    )

    number: Mapped[int | None] = column(DataClass.OPERATIONAL)
    profile_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("patient_profiles.id"))
    name: Mapped[str] = column(DataClass.PII_BASIC)
    search_name: Mapped[str] = column(DataClass.PII_BASIC)
    search_text: Mapped[str] = column(DataClass.PII_BASIC)
    email: Mapped[str | None] = column(DataClass.PII_BASIC)
    phone: Mapped[str | None] = column(DataClass.PII_BASIC)
    locale: Mapped[str] = column(DataClass.PII_BASIC, server_default="ro")
    time_zone: Mapped[str | None] = column(DataClass.PII_BASIC)
    preferred_specialist_id: Mapped[uuid.UUID | None]
    onboarded_at: Mapped[dt.datetime | None]
    profile_shared_at: Mapped[dt.datetime | None]
    merged_into_id: Mapped[uuid.UUID | None]
    deleted_at: Mapped[dt.datetime | None]


class Specialty(Base, ClinicRow):
    """A field of practice that a clinic names."""

    __tablename__ = "specialties"
    __table_args__ = (UniqueConstraint("org_id", "code"),)

    code: Mapped[str] = column(DataClass.PUBLIC)
    names: Mapped[dict[str, Any]] = column(DataClass.PUBLIC)


class Specialist(Base, ClinicRow):
    """A provider of care. An empty time zone means not publicly bookable (SPC-04)."""

    __tablename__ = "specialists"
    __table_args__ = (
        Index(None, "human_id"),
        UniqueConstraint("org_id", "slug"),
        clinic_fk("locations", "location_id"),
        clinic_fk("blobs", "signature_blob_id"),
    )

    human_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
    slug: Mapped[str] = column(DataClass.PUBLIC)
    name: Mapped[str] = column(DataClass.PUBLIC)
    title: Mapped[str] = column(DataClass.PUBLIC, server_default="")
    bio: Mapped[dict[str, Any]] = column(DataClass.PUBLIC, server_default=text("'{}'"))
    email: Mapped[str | None] = column(DataClass.PII_BASIC)
    phone: Mapped[str | None] = column(DataClass.PII_BASIC)
    time_zone: Mapped[str | None] = column(DataClass.OPERATIONAL)
    location_id: Mapped[uuid.UUID | None]
    color: Mapped[int] = column(DataClass.OPERATIONAL, server_default="0")
    active: Mapped[bool] = column(DataClass.OPERATIONAL, server_default=text("true"))
    signature_blob_id: Mapped[uuid.UUID | None]
    deleted_at: Mapped[dt.datetime | None]


class SpecialistSpecialty(Base, ClinicRow):
    """A specialist practises a specialty."""

    __tablename__ = "specialist_specialties"
    __table_args__ = (
        clinic_fk("specialists", "specialist_id"),
        clinic_fk("specialties", "specialty_id"),
        UniqueConstraint("org_id", "specialist_id", "specialty_id"),
    )

    specialist_id: Mapped[uuid.UUID]
    specialty_id: Mapped[uuid.UUID]


class SpecialistLicence(Base, ClinicRow):
    """A licence to practise (SPC-03). An expired one stops booking where the clinic says so."""

    __tablename__ = "specialist_licences"
    __table_args__ = (
        clinic_fk("specialists", "specialist_id"),
        clinic_fk("blobs", "scan_blob_id"),
        CheckConstraint(
            "expires_on IS NULL OR issued_on IS NULL OR expires_on >= issued_on", name="dates"
        ),
        Index(None, "org_id", "specialist_id"),
    )

    specialist_id: Mapped[uuid.UUID]
    number: Mapped[str] = column(DataClass.PII_BASIC)
    body: Mapped[str] = column(DataClass.PUBLIC)
    issued_on: Mapped[dt.date | None] = column(DataClass.PII_BASIC)
    expires_on: Mapped[dt.date | None] = column(DataClass.OPERATIONAL)
    stops_booking: Mapped[bool] = column(DataClass.OPERATIONAL, server_default=text("false"))
    scan_blob_id: Mapped[uuid.UUID | None]
    deleted_at: Mapped[dt.datetime | None]
