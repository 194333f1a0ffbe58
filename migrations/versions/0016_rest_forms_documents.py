"""Rest between visits, the forms that a calendar asks for, documents of a service (CAT-01, CAT-03, FRM-05).

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SCOPE = "org_id = NULLIF(current_setting('app.org_id', true), '')::uuid"


def upgrade() -> None:
    op.add_column(
        "services",
        sa.Column("cooldown_min", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_services_cooldown"), "services", "cooldown_min BETWEEN 0 AND 1440"
    )
    op.add_column("calendars", sa.Column("cooldown_min", sa.Integer(), nullable=True))
    _forms()
    _documents()


def downgrade() -> None:
    op.drop_table("service_documents")
    op.drop_table("calendar_forms")
    op.drop_column("calendars", "cooldown_min")
    op.drop_constraint(op.f("ck_services_cooldown"), "services", type_="check")
    op.drop_column("services", "cooldown_min")


def _row() -> list[sa.Column[object]]:
    return [
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    ]


def _keys(table: str, **references: str) -> list[sa.SchemaItem]:
    return [
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f(f"fk_{table}_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint(
                ["org_id", column],
                [f"{target}.org_id", f"{target}.id"],
                name=op.f(f"fk_{table}_org_id_{column}"),
            )
            for column, target in references.items()
        ),
    ]


def _forms() -> None:
    op.create_table(
        "calendar_forms",
        sa.Column("calendar_id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        *_row(),
        *_keys("calendar_forms", calendar_id="calendars", template_id="form_templates"),
        sa.UniqueConstraint(
            "org_id",
            "calendar_id",
            "template_id",
            name=op.f("uq_calendar_forms_org_id_calendar_id_template_id"),
        ),
    )
    _guard("calendar_forms", "SELECT, INSERT, DELETE")


def _documents() -> None:
    op.create_table(
        "service_documents",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("blob_id", sa.Uuid(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        *_row(),
        *_keys("service_documents", service_id="services", blob_id="blobs"),
    )
    op.create_index(
        op.f("ix_service_documents_org_id_service_id"),
        "service_documents",
        ["org_id", "service_id"],
    )
    _guard("service_documents", "SELECT, INSERT, UPDATE (deleted_at)")


def _guard(table: str, rights: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"GRANT {rights} ON {table} TO restartix_app")
    op.execute(
        f"CREATE POLICY clinic ON {table} TO restartix_app USING ({SCOPE}) WITH CHECK ({SCOPE})"
    )
