"""Clinical forms: templates with versions, instances that freeze them, single-use kiosk openings."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, ClinicRow, DataClass, clinic_fk, column


class FormTemplate(Base, ClinicRow):
    """A form that a clinic designed; its content lies in versions (FRM-02)."""

    __tablename__ = "form_templates"
    __table_args__ = (UniqueConstraint("org_id", "code"),)

    code: Mapped[str] = column(DataClass.OPERATIONAL)
    archived_at: Mapped[dt.datetime | None]


class FormTemplateVersion(Base, ClinicRow):
    """One published content of a template: titles, legal text, fields, consents it grants.

    `body`: {"titles": {locale: text}, "paragraphs": {locale: [text]}, "fields": [...]};
    `consent_purposes`: [[purpose code, purpose version], ...]. Append-only.
    """

    __tablename__ = "form_template_versions"
    __table_args__ = (
        clinic_fk("form_templates", "template_id"),
        UniqueConstraint("org_id", "template_id", "version"),
    )

    template_id: Mapped[uuid.UUID]
    version: Mapped[int] = column(DataClass.OPERATIONAL)
    body: Mapped[dict[str, Any]] = column(DataClass.OPERATIONAL)
    consent_purposes: Mapped[list[Any]] = column(DataClass.OPERATIONAL, server_default=text("'[]'"))
    published_at: Mapped[dt.datetime]


class FormInstance(Base, ClinicRow):
    """A form for one patient. Once signed it cannot change, not even by the owner role (FRM-03).

    `snapshot` is the template's content as frozen at opening; `signature_path` the strokes as JSON (rules.signature);
    `chain_number` the place among the clinic's signed forms, whose hashes follow one another (BYD-06).
    """

    __tablename__ = "form_instances"
    __table_args__ = (
        clinic_fk("form_template_versions", "template_version_id"),
        clinic_fk("patients", "patient_id"),
        clinic_fk("appointments", "appointment_id"),
        CheckConstraint(
            "state IN ('pending', 'in_progress', 'completed', 'signed', 'voided')", name="state"
        ),
        CheckConstraint(
            "(state = 'signed') = (signed_at IS NOT NULL AND content_sha256 IS NOT NULL "
            "AND chain_number IS NOT NULL)",
            name="signed_is_sealed",
        ),
        UniqueConstraint("org_id", "chain_number"),
        Index(None, "org_id", "patient_id", "state"),
    )

    template_version_id: Mapped[uuid.UUID]
    patient_id: Mapped[uuid.UUID]
    appointment_id: Mapped[uuid.UUID | None]
    state: Mapped[str] = column(DataClass.OPERATIONAL, server_default="pending")
    snapshot: Mapped[dict[str, Any]] = column(DataClass.OPERATIONAL)
    answers: Mapped[dict[str, Any]] = column(DataClass.CLINICAL, server_default=text("'{}'"))
    locale: Mapped[str | None] = column(DataClass.OPERATIONAL)
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
    signed_at: Mapped[dt.datetime | None]
    signer_name: Mapped[str | None] = column(DataClass.PII_BASIC)
    signature_mode: Mapped[str | None] = column(DataClass.OPERATIONAL)
    signature_png_key: Mapped[str | None] = column(DataClass.OPERATIONAL)
    signature_path: Mapped[str | None] = column(DataClass.CLINICAL)
    evidence: Mapped[dict[str, Any] | None] = column(DataClass.PII_BASIC)
    content_sha256: Mapped[str | None] = column(DataClass.OPERATIONAL)
    previous_sha256: Mapped[str | None] = column(DataClass.OPERATIONAL)
    chain_number: Mapped[int | None] = column(DataClass.OPERATIONAL)


class KioskOpening(Base, ClinicRow):
    """A form handed over on a tablet: a single-use token with a short life, opened by staff.

    The token is in the link, the code (`code_digest`, gone once it has served) is typed on the tablet; either claims
    the opening for one browser. `used_at`: signed; `revoked_at`: taken back, or put away unsigned.
    """

    __tablename__ = "kiosk_openings"
    __table_args__ = (
        clinic_fk("form_instances", "form_id"),
        UniqueConstraint("org_id", "token_digest"),
        UniqueConstraint("org_id", "code_digest"),
        Index(None, "org_id", "form_id"),
    )

    form_id: Mapped[uuid.UUID]
    token_digest: Mapped[str] = column(DataClass.AUTH_SECRET)
    code_digest: Mapped[str | None] = column(DataClass.AUTH_SECRET)
    opened_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
    expires_at: Mapped[dt.datetime]
    claimed_at: Mapped[dt.datetime | None]
    claim_digest: Mapped[str | None] = column(DataClass.AUTH_SECRET)
    used_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
