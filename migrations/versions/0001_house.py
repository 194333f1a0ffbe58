"""The first house: kernel, people, booking, forms, telerehab, with their policies.

Revision ID: 0001
Revises: nothing
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


POLICIES = Path(__file__).resolve().parent.parent / "policies"
PARTS = (
    "clinic_tables",
    "identity_tables",
    "organization_tables",
    "platform_tables",
    "log_tables",
    "resolvers",
)
PURPOSES = (
    ("clinic_terms", "contract", False, False),
    ("privacy_notice", "legal_obligation", False, False),
    ("profile_sharing", "consent", True, False),
    ("sms_appointments", "consent", True, False),
    ("marketing_email", "consent", True, False),
    ("marketing_sms", "consent", True, False),
    ("analytics", "consent", True, False),
    ("treatment", "consent", True, True),
    ("telemedicine", "consent", True, True),
    ("video_recording", "consent", True, True),
    ("biometric_capture", "consent", True, True),
)


def upgrade() -> None:
    op.create_table(
        "capability_clearances",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("capability", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column(
            "cleared_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capability_clearances")),
        sa.UniqueConstraint("capability", name=op.f("uq_capability_clearances_capability")),
    )
    op.create_table(
        "consent_purposes",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("withdrawable", sa.Boolean(), nullable=False),
        sa.Column("medical", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "legal_basis IN ('consent', 'contract', 'legal_obligation')",
            name=op.f("ck_consent_purposes_legal_basis"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_consent_purposes")),
    )
    op.create_table(
        "exercises",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="repetitions", nullable=False),
        sa.Column("status", sa.Text(), server_default="draft", nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "instructions",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("tracking", sa.Text(), nullable=True),
        sa.Column("camera_view", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind IN ('repetitions', 'duration')", name=op.f("ck_exercises_kind")),
        sa.CheckConstraint(
            "status IN ('draft', 'published', 'archived')", name=op.f("ck_exercises_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exercises")),
        sa.UniqueConstraint("slug", name=op.f("uq_exercises_slug")),
    )
    op.create_table(
        "humans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("provider_org_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), server_default="ro", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=True),
        sa.Column(
            "is_platform_staff", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_humans_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_humans")),
        sa.UniqueConstraint(
            "email",
            "provider_org_id",
            name=op.f("uq_humans_email_provider_org_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "organizations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "tagline",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), server_default="RO", nullable=False),
        sa.Column("currency", sa.Text(), server_default="RON", nullable=False),
        sa.Column("locale", sa.Text(), server_default="ro", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Europe/Bucharest", nullable=False),
        sa.Column("accent", sa.Text(), server_default="#0f766e", nullable=False),
        sa.Column("logo_key", sa.Text(), nullable=True),
        sa.Column("tenancy_mode", sa.Text(), server_default="shared", nullable=False),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("accent ~ '^#[0-9a-f]{6}$'", name=op.f("ck_organizations_accent")),
        sa.CheckConstraint(
            "slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'", name=op.f("ck_organizations_slug")
        ),
        sa.CheckConstraint(
            "tenancy_mode IN ('shared', 'dedicated')", name=op.f("ck_organizations_tenancy_mode")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
        sa.UniqueConstraint("slug", name=op.f("uq_organizations_slug")),
    )
    op.create_table(
        "audit_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_human_id", sa.Uuid(), nullable=True),
        sa.Column("on_behalf_of", sa.Uuid(), nullable=True),
        sa.Column("elevated_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('done', 'refused', 'failed')", name=op.f("ck_audit_events_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_audit_events_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index(
        op.f("ix_audit_events_org_id_actor_human_id_at"),
        "audit_events",
        ["org_id", "actor_human_id", "at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_audit_events_org_id_at"), "audit_events", ["org_id", "at"], unique=False
    )
    op.create_index(
        op.f("ix_audit_events_org_id_subject_type_subject_id"),
        "audit_events",
        ["org_id", "subject_type", "subject_id"],
        unique=False,
    )
    op.create_table(
        "blobs",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), server_default="", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_blobs_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_blobs")),
        sa.UniqueConstraint("org_id", "key", name=op.f("uq_blobs_org_id_key")),
    )
    op.create_table(
        "clinic_capabilities",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("capability", sa.Text(), nullable=False),
        sa.Column("granted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("source", sa.Text(), server_default="manual", nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("pause_expected_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "paused_at IS NULL OR length(btrim(pause_reason)) > 0",
            name=op.f("ck_clinic_capabilities_pause_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_clinic_capabilities_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_clinic_capabilities")),
        sa.UniqueConstraint(
            "org_id", "capability", name=op.f("uq_clinic_capabilities_org_id_capability")
        ),
    )
    op.create_table(
        "consent_purpose_versions",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("texts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_consent_purpose_versions_org_id")
        ),
        sa.ForeignKeyConstraint(
            ["purpose"], ["consent_purposes.code"], name=op.f("fk_consent_purpose_versions_purpose")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_consent_purpose_versions")),
        sa.UniqueConstraint(
            "org_id",
            "purpose",
            "version",
            name=op.f("uq_consent_purpose_versions_org_id_purpose_version"),
        ),
    )
    op.create_table(
        "elevated_accesses",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("human_id", sa.Uuid(), nullable=False),
        sa.Column("case_kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "case_kind IN ('support', 'security', 'data_request')",
            name=op.f("ck_elevated_accesses_case_kind"),
        ),
        sa.CheckConstraint(
            "expires_at > opened_at AND expires_at <= opened_at + interval '4 hours'",
            name=op.f("ck_elevated_accesses_time_box"),
        ),
        sa.CheckConstraint("length(btrim(reason)) >= 10", name=op.f("ck_elevated_accesses_reason")),
        sa.ForeignKeyConstraint(
            ["human_id"], ["humans.id"], name=op.f("fk_elevated_accesses_human_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_elevated_accesses_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_elevated_accesses")),
    )
    op.create_index(
        op.f("ix_elevated_accesses_org_id_human_id_closed_at"),
        "elevated_accesses",
        ["org_id", "human_id", "closed_at"],
        unique=False,
    )
    op.create_table(
        "form_templates",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_form_templates_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_form_templates")),
        sa.UniqueConstraint("org_id", "code", name=op.f("uq_form_templates_org_id_code")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_digest", sa.Text(), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_idempotency_keys_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint(
            "org_id", "scope", "key", name=op.f("uq_idempotency_keys_org_id_scope_key")
        ),
    )
    op.create_table(
        "locations",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("city", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_locations_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_locations")),
    )
    op.create_table(
        "login_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("human_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.CheckConstraint("outcome IN ('done', 'refused')", name=op.f("ck_login_events_outcome")),
        sa.ForeignKeyConstraint(["human_id"], ["humans.id"], name=op.f("fk_login_events_human_id")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_login_events_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_events")),
    )
    op.create_index(
        op.f("ix_login_events_human_id_at"), "login_events", ["human_id", "at"], unique=False
    )
    op.create_index(
        op.f("ix_login_events_org_id_at"), "login_events", ["org_id", "at"], unique=False
    )
    op.create_table(
        "login_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("human_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('login', 'claim', 'reset')", name=op.f("ck_login_links_purpose")
        ),
        sa.ForeignKeyConstraint(["human_id"], ["humans.id"], name=op.f("fk_login_links_human_id")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_login_links_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_links")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_login_links_token_digest")),
    )
    op.create_index(op.f("ix_login_links_human_id"), "login_links", ["human_id"], unique=False)
    op.create_table(
        "login_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("human_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["human_id"], ["humans.id"], name=op.f("fk_login_sessions_human_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_login_sessions_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_sessions")),
    )
    op.create_index(
        op.f("ix_login_sessions_human_id_ended_at"),
        "login_sessions",
        ["human_id", "ended_at"],
        unique=False,
    )
    op.create_table(
        "outbox_events",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_outbox_events_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_outbox_events")),
    )
    op.create_index(
        "ix_outbox_events_open",
        "outbox_events",
        ["available_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL AND parked_at IS NULL"),
    )
    op.create_table(
        "patient_profiles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("human_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("residence", sa.Text(), server_default="", nullable=False),
        sa.Column("national_id", sa.LargeBinary(), nullable=True),
        sa.Column(
            "health",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "emergency_contact",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "sex IS NULL OR sex IN ('female', 'male', 'other')",
            name=op.f("ck_patient_profiles_sex"),
        ),
        sa.ForeignKeyConstraint(
            ["human_id"], ["humans.id"], name=op.f("fk_patient_profiles_human_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_profiles")),
    )
    op.create_index(
        op.f("ix_patient_profiles_human_id"), "patient_profiles", ["human_id"], unique=False
    )
    op.create_table(
        "provider_choices",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", sa.LargeBinary(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_provider_choices_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_provider_choices")),
        sa.UniqueConstraint("org_id", "kind", name=op.f("uq_provider_choices_org_id_kind")),
    )
    op.create_table(
        "record_accesses",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_human_id", sa.Uuid(), nullable=True),
        sa.Column("elevated_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_record_accesses_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_record_accesses")),
    )
    op.create_index(
        op.f("ix_record_accesses_org_id_at"), "record_accesses", ["org_id", "at"], unique=False
    )
    op.create_index(
        op.f("ix_record_accesses_org_id_patient_id_at"),
        "record_accesses",
        ["org_id", "patient_id", "at"],
        unique=False,
    )
    op.create_table(
        "roles",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "own_patients_only", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_roles_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_roles")),
        sa.UniqueConstraint("org_id", "code", name=op.f("uq_roles_org_id_code")),
    )
    op.create_table(
        "sandbox_messages",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "attachments",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind IN ('email', 'sms')", name=op.f("ck_sandbox_messages_kind")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_sandbox_messages_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_sandbox_messages")),
        sa.UniqueConstraint(
            "org_id",
            "kind",
            "idempotency_key",
            name=op.f("uq_sandbox_messages_org_id_kind_idempotency_key"),
        ),
    )
    op.create_index(
        op.f("ix_sandbox_messages_org_id_sent_at"),
        "sandbox_messages",
        ["org_id", "sent_at"],
        unique=False,
    )
    op.create_table(
        "services",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "descriptions",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "policies",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("duration_min", sa.Integer(), nullable=False),
        sa.Column("step_min", sa.Integer(), server_default=sa.text("15"), nullable=False),
        sa.Column("buffer_before_min", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("buffer_after_min", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("min_notice_min", sa.Integer(), server_default=sa.text("120"), nullable=False),
        sa.Column("horizon_days", sa.Integer(), server_default=sa.text("60"), nullable=False),
        sa.Column(
            "cancel_notice_min", sa.Integer(), server_default=sa.text("1440"), nullable=False
        ),
        sa.Column("capacity", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), server_default="RON", nullable=False),
        sa.Column("public", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind IN ('consultation', 'evaluation', 'therapy', 'group_class', 'telerehab')",
            name=op.f("ck_services_kind"),
        ),
        sa.CheckConstraint(
            "buffer_before_min BETWEEN 0 AND 240 AND buffer_after_min BETWEEN 0 AND 240",
            name=op.f("ck_services_buffers"),
        ),
        sa.CheckConstraint("capacity BETWEEN 1 AND 500", name=op.f("ck_services_capacity")),
        sa.CheckConstraint("duration_min BETWEEN 5 AND 1440", name=op.f("ck_services_duration")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_services_price")),
        sa.CheckConstraint("step_min BETWEEN 5 AND 1440", name=op.f("ck_services_step")),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_services_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_services")),
        sa.UniqueConstraint("org_id", "slug", name=op.f("uq_services_org_id_slug")),
    )
    op.create_table(
        "specialists",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("human_id", sa.Uuid(), nullable=True),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "bio",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("color", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("signature_blob_id", sa.Uuid(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["human_id"], ["humans.id"], name=op.f("fk_specialists_human_id")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_specialists_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_specialists")),
        sa.UniqueConstraint("org_id", "slug", name=op.f("uq_specialists_org_id_slug")),
    )
    op.create_index(op.f("ix_specialists_human_id"), "specialists", ["human_id"], unique=False)
    op.create_table(
        "specialties",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_specialties_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_specialties")),
        sa.UniqueConstraint("org_id", "code", name=op.f("uq_specialties_org_id_code")),
    )
    op.create_table(
        "calendars",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column(
            "names",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("modality", sa.Text(), server_default="in_person", nullable=False),
        sa.Column("strategy", sa.Text(), server_default="round_robin", nullable=False),
        sa.Column("public", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("duration_min", sa.Integer(), nullable=True),
        sa.Column("price_minor", sa.Integer(), nullable=True),
        sa.Column("min_notice_min", sa.Integer(), nullable=True),
        sa.Column("horizon_days", sa.Integer(), nullable=True),
        sa.Column("hours", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "modality IN ('in_person', 'video')", name=op.f("ck_calendars_modality")
        ),
        sa.CheckConstraint(
            "strategy IN ('round_robin', 'priority', 'choice')", name=op.f("ck_calendars_strategy")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["services.org_id", "services.id"],
            name=op.f("fk_calendars_org_id_service_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_calendars_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_calendars")),
        sa.UniqueConstraint("org_id", "slug", name=op.f("uq_calendars_org_id_slug")),
    )
    op.create_table(
        "caregivers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("human_id", sa.Uuid(), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "relation IN ('parent', 'child', 'partner', 'guardian', 'other')",
            name=op.f("ck_caregivers_relation"),
        ),
        sa.ForeignKeyConstraint(["human_id"], ["humans.id"], name=op.f("fk_caregivers_human_id")),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["patient_profiles.id"], name=op.f("fk_caregivers_profile_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caregivers")),
        sa.UniqueConstraint(
            "human_id", "profile_id", name=op.f("uq_caregivers_human_id_profile_id")
        ),
    )
    op.create_index(op.f("ix_caregivers_profile_id"), "caregivers", ["profile_id"], unique=False)
    op.create_table(
        "date_overrides",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "windows",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind IN ('replace', 'add')", name=op.f("ck_date_overrides_kind")),
        sa.ForeignKeyConstraint(
            ["org_id", "specialist_id"],
            ["specialists.org_id", "specialists.id"],
            name=op.f("fk_date_overrides_org_id_specialist_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_date_overrides_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_date_overrides")),
        sa.UniqueConstraint(
            "org_id",
            "specialist_id",
            "day",
            "kind",
            name=op.f("uq_date_overrides_org_id_specialist_id_day_kind"),
        ),
    )
    op.create_table(
        "form_template_versions",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "consent_purposes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "template_id"],
            ["form_templates.org_id", "form_templates.id"],
            name=op.f("fk_form_template_versions_org_id_template_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_form_template_versions_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_form_template_versions")),
        sa.UniqueConstraint(
            "org_id",
            "template_id",
            "version",
            name=op.f("uq_form_template_versions_org_id_template_id_version"),
        ),
    )
    op.create_table(
        "memberships",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("human_id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["human_id"], ["humans.id"], name=op.f("fk_memberships_human_id")),
        sa.ForeignKeyConstraint(
            ["org_id", "role_id"],
            ["roles.org_id", "roles.id"],
            name=op.f("fk_memberships_org_id_role_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_memberships_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("org_id", "human_id", name=op.f("uq_memberships_org_id_human_id")),
    )
    op.create_index(op.f("ix_memberships_human_id"), "memberships", ["human_id"], unique=False)
    op.create_table(
        "outbox_receipts",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "event_id"],
            ["outbox_events.org_id", "outbox_events.id"],
            name=op.f("fk_outbox_receipts_org_id_event_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_outbox_receipts_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_outbox_receipts")),
        sa.UniqueConstraint(
            "org_id",
            "event_id",
            "subscriber",
            name=op.f("uq_outbox_receipts_org_id_event_id_subscriber"),
        ),
    )
    op.create_table(
        "patients",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("profile_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("search_name", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), server_default="ro", nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("preferred_specialist_id", sa.Uuid(), nullable=True),
        sa.Column("onboarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("profile_shared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name=op.f("ck_patients_name_length")),
        sa.ForeignKeyConstraint(
            ["org_id", "preferred_specialist_id"],
            ["specialists.org_id", "specialists.id"],
            name=op.f("fk_patients_org_id_preferred_specialist_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_patients_org_id")),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["patient_profiles.id"], name=op.f("fk_patients_profile_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_patients")),
        sa.UniqueConstraint("org_id", "number", name=op.f("uq_patients_org_id_number")),
        sa.UniqueConstraint("org_id", "profile_id", name=op.f("uq_patients_org_id_profile_id")),
    )
    op.create_index(op.f("ix_patients_org_id_email"), "patients", ["org_id", "email"], unique=False)
    op.create_index(op.f("ix_patients_org_id_phone"), "patients", ["org_id", "phone"], unique=False)
    op.create_index(
        op.f("ix_patients_org_id_search_name"), "patients", ["org_id", "search_name"], unique=False
    )
    op.create_index(op.f("ix_patients_profile_id"), "patients", ["profile_id"], unique=False)
    op.create_table(
        "role_permissions",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("permission", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "role_id"],
            ["roles.org_id", "roles.id"],
            name=op.f("fk_role_permissions_org_id_role_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_role_permissions_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_role_permissions")),
        sa.UniqueConstraint(
            "org_id",
            "role_id",
            "permission",
            name=op.f("uq_role_permissions_org_id_role_id_permission"),
        ),
    )
    op.create_table(
        "rooms",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="room", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind IN ('room', 'device')", name=op.f("ck_rooms_kind")),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["locations.org_id", "locations.id"],
            name=op.f("fk_rooms_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_rooms_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_rooms")),
    )
    op.create_table(
        "service_specialists",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["services.org_id", "services.id"],
            name=op.f("fk_service_specialists_org_id_service_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "specialist_id"],
            ["specialists.org_id", "specialists.id"],
            name=op.f("fk_service_specialists_org_id_specialist_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_service_specialists_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_service_specialists")),
        sa.UniqueConstraint(
            "org_id",
            "service_id",
            "specialist_id",
            name=op.f("uq_service_specialists_org_id_service_id_specialist_id"),
        ),
    )
    op.create_table(
        "specialist_specialties",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("specialty_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "specialist_id"],
            ["specialists.org_id", "specialists.id"],
            name=op.f("fk_specialist_specialties_org_id_specialist_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "specialty_id"],
            ["specialties.org_id", "specialties.id"],
            name=op.f("fk_specialist_specialties_org_id_specialty_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_specialist_specialties_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_specialist_specialties")),
        sa.UniqueConstraint(
            "org_id",
            "specialist_id",
            "specialty_id",
            name=op.f("uq_specialist_specialties_org_id_specialist_id_specialty_id"),
        ),
    )
    op.create_table(
        "weekly_hours",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_min", sa.Integer(), nullable=False),
        sa.Column("end_min", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "start_min BETWEEN 0 AND 1439 AND end_min BETWEEN 0 AND 1440",
            name=op.f("ck_weekly_hours_minutes"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_weekly_hours_weekday")),
        sa.ForeignKeyConstraint(
            ["org_id", "specialist_id"],
            ["specialists.org_id", "specialists.id"],
            name=op.f("fk_weekly_hours_org_id_specialist_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_weekly_hours_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_weekly_hours")),
    )
    op.create_index(
        op.f("ix_weekly_hours_org_id_specialist_id"),
        "weekly_hours",
        ["org_id", "specialist_id"],
        unique=False,
    )
    op.create_table(
        "acting_as",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("human_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("length(btrim(reason)) >= 5", name=op.f("ck_acting_as_reason")),
        sa.ForeignKeyConstraint(["human_id"], ["humans.id"], name=op.f("fk_acting_as_human_id")),
        sa.ForeignKeyConstraint(
            ["org_id", "patient_id"],
            ["patients.org_id", "patients.id"],
            name=op.f("fk_acting_as_org_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_acting_as_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_acting_as")),
    )
    op.create_index(
        op.f("ix_acting_as_org_id_human_id_ended_at"),
        "acting_as",
        ["org_id", "human_id", "ended_at"],
        unique=False,
    )
    op.create_table(
        "appointments",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("calendar_id", sa.Uuid(), nullable=True),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("modality", sa.Text(), server_default="in_person", nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("booked_by", sa.Uuid(), nullable=True),
        sa.Column("assignment_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("rescheduled_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("cancellation_reason", sa.Text(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL)",
            name=op.f("ck_appointments_cancelled_is_dated"),
        ),
        sa.CheckConstraint(
            "channel IN ('online', 'phone', 'walk_in', 'portal', 'kiosk', 'api')",
            name=op.f("ck_appointments_channel"),
        ),
        sa.CheckConstraint(
            "state IN ('booked', 'upcoming', 'confirmed', 'in_progress', 'done', 'cancelled', 'no_show')",
            name=op.f("ck_appointments_state"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appointments_order")),
        sa.ForeignKeyConstraint(
            ["booked_by"], ["humans.id"], name=op.f("fk_appointments_booked_by")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "calendar_id"],
            ["calendars.org_id", "calendars.id"],
            name=op.f("fk_appointments_org_id_calendar_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["locations.org_id", "locations.id"],
            name=op.f("fk_appointments_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "patient_id"],
            ["patients.org_id", "patients.id"],
            name=op.f("fk_appointments_org_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "room_id"],
            ["rooms.org_id", "rooms.id"],
            name=op.f("fk_appointments_org_id_room_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["services.org_id", "services.id"],
            name=op.f("fk_appointments_org_id_service_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "specialist_id"],
            ["specialists.org_id", "specialists.id"],
            name=op.f("fk_appointments_org_id_specialist_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_appointments_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_appointments")),
        sa.UniqueConstraint("org_id", "reference", name=op.f("uq_appointments_org_id_reference")),
    )
    op.create_index(
        op.f("ix_appointments_org_id_patient_id_starts_at"),
        "appointments",
        ["org_id", "patient_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_appointments_org_id_specialist_id_starts_at"),
        "appointments",
        ["org_id", "specialist_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_appointments_org_id_starts_at"),
        "appointments",
        ["org_id", "starts_at"],
        unique=False,
    )
    op.create_table(
        "calendar_specialists",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("calendar_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("hours", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "calendar_id"],
            ["calendars.org_id", "calendars.id"],
            name=op.f("fk_calendar_specialists_org_id_calendar_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "specialist_id"],
            ["specialists.org_id", "specialists.id"],
            name=op.f("fk_calendar_specialists_org_id_specialist_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_calendar_specialists_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_calendar_specialists")),
        sa.UniqueConstraint(
            "org_id",
            "calendar_id",
            "specialist_id",
            name=op.f("uq_calendar_specialists_org_id_calendar_id_specialist_id"),
        ),
    )
    op.create_table(
        "consents",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("purpose_version_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_form_id", sa.Uuid(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(source = 'form') = (source_form_id IS NOT NULL)", name=op.f("ck_consents_source_form")
        ),
        sa.CheckConstraint(
            "source IN ('booking', 'form', 'portal', 'staff')", name=op.f("ck_consents_source")
        ),
        sa.ForeignKeyConstraint(["granted_by"], ["humans.id"], name=op.f("fk_consents_granted_by")),
        sa.ForeignKeyConstraint(
            ["org_id", "patient_id"],
            ["patients.org_id", "patients.id"],
            name=op.f("fk_consents_org_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "purpose_version_id"],
            ["consent_purpose_versions.org_id", "consent_purpose_versions.id"],
            name=op.f("fk_consents_org_id_purpose_version_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_consents_org_id")),
        sa.ForeignKeyConstraint(
            ["purpose"], ["consent_purposes.code"], name=op.f("fk_consents_purpose")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["humans.id"], name=op.f("fk_consents_withdrawn_by")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_consents")),
    )
    op.create_index(
        op.f("ix_consents_org_id_patient_id_purpose"),
        "consents",
        ["org_id", "patient_id", "purpose"],
        unique=False,
    )
    op.create_table(
        "deliveries",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "context",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("provider_reference", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("channel IN ('email', 'sms')", name=op.f("ck_deliveries_channel")),
        sa.CheckConstraint(
            "state IN ('queued', 'sent', 'failed', 'superseded', 'suppressed')",
            name=op.f("ck_deliveries_state"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "patient_id"],
            ["patients.org_id", "patients.id"],
            name=op.f("fk_deliveries_org_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_deliveries_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "org_id", "idempotency_key", name=op.f("uq_deliveries_org_id_idempotency_key")
        ),
    )
    op.create_index(
        op.f("ix_deliveries_org_id_created_at"),
        "deliveries",
        ["org_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_deliveries_org_id_subject_type_subject_id"),
        "deliveries",
        ["org_id", "subject_type", "subject_id"],
        unique=False,
    )
    op.create_table(
        "form_instances",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("template_version_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("snapshot", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "answers",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signer_name", sa.Text(), nullable=True),
        sa.Column("signature_mode", sa.Text(), nullable=True),
        sa.Column("signature_png_key", sa.Text(), nullable=True),
        sa.Column("signature_path", sa.Text(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("content_sha256", sa.Text(), nullable=True),
        sa.Column("previous_sha256", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(state = 'signed') = (signed_at IS NOT NULL AND content_sha256 IS NOT NULL)",
            name=op.f("ck_form_instances_signed_is_sealed"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'in_progress', 'completed', 'signed', 'voided')",
            name=op.f("ck_form_instances_state"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["humans.id"], name=op.f("fk_form_instances_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "patient_id"],
            ["patients.org_id", "patients.id"],
            name=op.f("fk_form_instances_org_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "template_version_id"],
            ["form_template_versions.org_id", "form_template_versions.id"],
            name=op.f("fk_form_instances_org_id_template_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_form_instances_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_form_instances")),
    )
    op.create_index(
        op.f("ix_form_instances_org_id_patient_id_state"),
        "form_instances",
        ["org_id", "patient_id", "state"],
        unique=False,
    )
    op.create_table(
        "pose_sessions",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("exercise_id", sa.Uuid(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), server_default="started", nullable=False),
        sa.Column("side", sa.Text(), nullable=True),
        sa.Column("target_reps", sa.Integer(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('started', 'ended', 'measured', 'abandoned')",
            name=op.f("ck_pose_sessions_state"),
        ),
        sa.CheckConstraint(
            "target_reps BETWEEN 1 AND 500", name=op.f("ck_pose_sessions_target_reps")
        ),
        sa.ForeignKeyConstraint(
            ["exercise_id"], ["exercises.id"], name=op.f("fk_pose_sessions_exercise_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "patient_id"],
            ["patients.org_id", "patients.id"],
            name=op.f("fk_pose_sessions_org_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_pose_sessions_org_id")
        ),
        sa.ForeignKeyConstraint(
            ["started_by"], ["humans.id"], name=op.f("fk_pose_sessions_started_by")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_pose_sessions")),
    )
    op.create_index(
        op.f("ix_pose_sessions_org_id_patient_id_started_at"),
        "pose_sessions",
        ["org_id", "patient_id", "started_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_pose_sessions_org_id_started_at"),
        "pose_sessions",
        ["org_id", "started_at"],
        unique=False,
    )
    op.create_table(
        "resources",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(specialist_id IS NULL) <> (room_id IS NULL)", name=op.f("ck_resources_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "room_id"],
            ["rooms.org_id", "rooms.id"],
            name=op.f("fk_resources_org_id_room_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "specialist_id"],
            ["specialists.org_id", "specialists.id"],
            name=op.f("fk_resources_org_id_specialist_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_resources_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_resources")),
        sa.UniqueConstraint("number", name=op.f("uq_resources_number")),
        sa.UniqueConstraint("org_id", "number", name=op.f("uq_resources_org_id_number")),
        sa.UniqueConstraint("org_id", "room_id", name=op.f("uq_resources_org_id_room_id")),
        sa.UniqueConstraint(
            "org_id", "specialist_id", name=op.f("uq_resources_org_id_specialist_id")
        ),
    )
    op.create_table(
        "appointment_changes",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_human_id", sa.Uuid(), nullable=True),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("from_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("to_starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["actor_human_id"], ["humans.id"], name=op.f("fk_appointment_changes_actor_human_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointments.org_id", "appointments.id"],
            name=op.f("fk_appointment_changes_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_appointment_changes_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_appointment_changes")),
        sa.UniqueConstraint(
            "org_id",
            "appointment_id",
            "version",
            name=op.f("uq_appointment_changes_org_id_appointment_id_version"),
        ),
    )
    op.create_table(
        "kiosk_openings",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim_digest", sa.Text(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["humans.id"], name=op.f("fk_kiosk_openings_opened_by")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "form_id"],
            ["form_instances.org_id", "form_instances.id"],
            name=op.f("fk_kiosk_openings_org_id_form_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_kiosk_openings_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_kiosk_openings")),
        sa.UniqueConstraint(
            "org_id", "token_digest", name=op.f("uq_kiosk_openings_org_id_token_digest")
        ),
    )
    op.create_table(
        "occupancies",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("resource_number", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "during",
            postgresql.TSTZRANGE(),
            sa.Computed("tstzrange(starts_at, ends_at, '[)')", persisted=True),
            nullable=False,
        ),
        sa.Column("visit_starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visit_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference_id", sa.Uuid(), nullable=True),
        sa.Column("live", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(resource_number, resource_number, '[]')"), "&&"),
            (sa.column("during"), "&&"),
            where=sa.text("live"),
            using="gist",
            name="no_overlap",
        ),
        sa.CheckConstraint(
            "kind IN ('appointment', 'leave', 'block')", name=op.f("ck_occupancies_kind")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_occupancies_order")),
        sa.CheckConstraint(
            "visit_starts_at >= starts_at AND visit_ends_at <= ends_at AND visit_ends_at > visit_starts_at",
            name=op.f("ck_occupancies_visit_inside"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "resource_id"],
            ["resources.org_id", "resources.id"],
            name=op.f("fk_occupancies_org_id_resource_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_occupancies_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_occupancies")),
    )
    op.create_index(
        "ix_occupancies_live",
        "occupancies",
        ["org_id", "resource_id", "starts_at", "ends_at"],
        unique=False,
        postgresql_where=sa.text("live"),
    )
    op.create_index(
        op.f("ix_occupancies_org_id_reference_id"),
        "occupancies",
        ["org_id", "reference_id"],
        unique=False,
    )
    op.create_table(
        "pose_session_metrics",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("algorithm_version", sa.Text(), nullable=False),
        sa.Column("reps", sa.Integer(), nullable=False),
        sa.Column("partial_reps", sa.Integer(), nullable=False),
        sa.Column("rom_deg", sa.Double(), nullable=True),
        sa.Column("coverage", sa.Double(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("warnings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("curve", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tracked_s", sa.Double(), nullable=False),
        sa.Column("transport", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("replay_key", sa.Text(), nullable=True),
        sa.Column("replay_view_key", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "coverage BETWEEN 0 AND 1 AND confidence BETWEEN 0 AND 1",
            name=op.f("ck_pose_session_metrics_quality"),
        ),
        sa.CheckConstraint(
            "reps >= 0 AND partial_reps >= 0", name=op.f("ck_pose_session_metrics_reps")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id"],
            ["pose_sessions.org_id", "pose_sessions.id"],
            name=op.f("fk_pose_session_metrics_org_id_session_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_pose_session_metrics_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_pose_session_metrics")),
        sa.UniqueConstraint(
            "org_id",
            "session_id",
            "algorithm_version",
            name=op.f("uq_pose_session_metrics_org_id_session_id_algorithm_version"),
        ),
    )
    op.create_table(
        "pose_rep_metrics",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("metrics_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("side", sa.Text(), nullable=True),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("peak_s", sa.Double(), nullable=False),
        sa.Column("end_s", sa.Double(), nullable=False),
        sa.Column("rom_deg", sa.Double(), nullable=False),
        sa.Column("partial", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "metrics_id"],
            ["pose_session_metrics.org_id", "pose_session_metrics.id"],
            name=op.f("fk_pose_rep_metrics_org_id_metrics_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_pose_rep_metrics_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_pose_rep_metrics")),
        sa.UniqueConstraint(
            "org_id",
            "metrics_id",
            "number",
            name=op.f("uq_pose_rep_metrics_org_id_metrics_id_number"),
        ),
    )
    for code, basis, withdrawable, medical in PURPOSES:
        op.execute(
            sa.text(
                "INSERT INTO consent_purposes VALUES (:code, :basis, :withdrawable, :medical)"
            ).bindparams(code=code, basis=basis, withdrawable=withdrawable, medical=medical)
        )
    for part in PARTS:
        # The bare driver: format() in these files has percent signs that are no parameters.
        cursor = op.get_bind().connection.cursor()
        cursor.execute((POLICIES / f"{part}.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    # Policies that read another table hold on to it.
    for policy, table in (
        ("clinic", "caregivers"),
        ("clinic", "patient_profiles"),
        ("own", "patient_profiles"),
        ("colleagues", "humans"),
    ):
        op.execute(f"DROP POLICY {policy} ON {table}")
    op.drop_table("pose_rep_metrics")
    op.drop_table("pose_session_metrics")
    op.drop_index(op.f("ix_occupancies_org_id_reference_id"), table_name="occupancies")
    op.drop_index("ix_occupancies_live", table_name="occupancies", postgresql_where=sa.text("live"))
    op.drop_table("occupancies")
    op.drop_table("kiosk_openings")
    op.drop_table("appointment_changes")
    op.drop_table("resources")
    op.drop_index(op.f("ix_pose_sessions_org_id_started_at"), table_name="pose_sessions")
    op.drop_index(op.f("ix_pose_sessions_org_id_patient_id_started_at"), table_name="pose_sessions")
    op.drop_table("pose_sessions")
    op.drop_index(op.f("ix_form_instances_org_id_patient_id_state"), table_name="form_instances")
    op.drop_table("form_instances")
    op.drop_index(op.f("ix_deliveries_org_id_subject_type_subject_id"), table_name="deliveries")
    op.drop_index(op.f("ix_deliveries_org_id_created_at"), table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_index(op.f("ix_consents_org_id_patient_id_purpose"), table_name="consents")
    op.drop_table("consents")
    op.drop_table("calendar_specialists")
    op.drop_index(op.f("ix_appointments_org_id_starts_at"), table_name="appointments")
    op.drop_index(op.f("ix_appointments_org_id_specialist_id_starts_at"), table_name="appointments")
    op.drop_index(op.f("ix_appointments_org_id_patient_id_starts_at"), table_name="appointments")
    op.drop_table("appointments")
    op.drop_index(op.f("ix_acting_as_org_id_human_id_ended_at"), table_name="acting_as")
    op.drop_table("acting_as")
    op.drop_index(op.f("ix_weekly_hours_org_id_specialist_id"), table_name="weekly_hours")
    op.drop_table("weekly_hours")
    op.drop_table("specialist_specialties")
    op.drop_table("service_specialists")
    op.drop_table("rooms")
    op.drop_table("role_permissions")
    op.drop_index(op.f("ix_patients_profile_id"), table_name="patients")
    op.drop_index(op.f("ix_patients_org_id_search_name"), table_name="patients")
    op.drop_index(op.f("ix_patients_org_id_phone"), table_name="patients")
    op.drop_index(op.f("ix_patients_org_id_email"), table_name="patients")
    op.drop_table("patients")
    op.drop_table("outbox_receipts")
    op.drop_index(op.f("ix_memberships_human_id"), table_name="memberships")
    op.drop_table("memberships")
    op.drop_table("form_template_versions")
    op.drop_table("date_overrides")
    op.drop_index(op.f("ix_caregivers_profile_id"), table_name="caregivers")
    op.drop_table("caregivers")
    op.drop_table("calendars")
    op.drop_table("specialties")
    op.drop_index(op.f("ix_specialists_human_id"), table_name="specialists")
    op.drop_table("specialists")
    op.drop_table("services")
    op.drop_index(op.f("ix_sandbox_messages_org_id_sent_at"), table_name="sandbox_messages")
    op.drop_table("sandbox_messages")
    op.drop_table("roles")
    op.drop_index(op.f("ix_record_accesses_org_id_patient_id_at"), table_name="record_accesses")
    op.drop_index(op.f("ix_record_accesses_org_id_at"), table_name="record_accesses")
    op.drop_table("record_accesses")
    op.drop_table("provider_choices")
    op.drop_index(op.f("ix_patient_profiles_human_id"), table_name="patient_profiles")
    op.drop_table("patient_profiles")
    op.drop_index(
        "ix_outbox_events_open",
        table_name="outbox_events",
        postgresql_where=sa.text("done_at IS NULL AND parked_at IS NULL"),
    )
    op.drop_table("outbox_events")
    op.drop_index(op.f("ix_login_sessions_human_id_ended_at"), table_name="login_sessions")
    op.drop_table("login_sessions")
    op.drop_index(op.f("ix_login_links_human_id"), table_name="login_links")
    op.drop_table("login_links")
    op.drop_index(op.f("ix_login_events_org_id_at"), table_name="login_events")
    op.drop_index(op.f("ix_login_events_human_id_at"), table_name="login_events")
    op.drop_table("login_events")
    op.drop_table("locations")
    op.drop_table("idempotency_keys")
    op.drop_table("form_templates")
    op.drop_index(
        op.f("ix_elevated_accesses_org_id_human_id_closed_at"), table_name="elevated_accesses"
    )
    op.drop_table("elevated_accesses")
    op.drop_table("consent_purpose_versions")
    op.drop_table("clinic_capabilities")
    op.drop_table("blobs")
    op.drop_index(op.f("ix_audit_events_org_id_subject_type_subject_id"), table_name="audit_events")
    op.drop_index(op.f("ix_audit_events_org_id_at"), table_name="audit_events")
    op.drop_index(op.f("ix_audit_events_org_id_actor_human_id_at"), table_name="audit_events")
    op.drop_table("audit_events")
    op.drop_table("organizations")
    op.drop_table("humans")
    op.drop_table("exercises")
    op.drop_table("consent_purposes")
    op.drop_table("capability_clearances")
    for function in (
        "clinic_by_slug(text)",
        "human_by_email(text, text)",
        "human_by_link(text)",
        "clinics_of_human(uuid)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("RESET ROLE")
    for function in ("refuse_change()", "refuse_signed()", "withdraw_once()"):
        op.execute(f"DROP FUNCTION {function}")
