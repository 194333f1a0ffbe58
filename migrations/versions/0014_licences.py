"""Licences of specialists: number, body, dates, scan, and whether an expired one stops booking (SPC-03).

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SCOPE = "org_id = NULLIF(current_setting('app.org_id', true), '')::uuid"


def upgrade() -> None:
    op.create_table(
        "specialist_licences",
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("stops_booking", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("scan_blob_id", sa.Uuid(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "expires_on IS NULL OR issued_on IS NULL OR expires_on >= issued_on",
            name=op.f("ck_specialist_licences_dates"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "specialist_id"],
            ["specialists.org_id", "specialists.id"],
            name=op.f("fk_specialist_licences_org_id_specialist_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "scan_blob_id"],
            ["blobs.org_id", "blobs.id"],
            name=op.f("fk_specialist_licences_org_id_scan_blob_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_specialist_licences_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_specialist_licences")),
    )
    op.create_index(
        op.f("ix_specialist_licences_org_id_specialist_id"),
        "specialist_licences",
        ["org_id", "specialist_id"],
    )
    op.execute("ALTER TABLE specialist_licences ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE specialist_licences FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT, UPDATE ON specialist_licences TO restartix_app")
    op.execute(
        f"CREATE POLICY clinic ON specialist_licences TO restartix_app USING ({SCOPE}) WITH CHECK ({SCOPE})"
    )


def downgrade() -> None:
    op.drop_table("specialist_licences")
