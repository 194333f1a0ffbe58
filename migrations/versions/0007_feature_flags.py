"""Risky abilities wait until the operator opens them for a clinic (KRN-12).

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SCOPE = "org_id = NULLIF(current_setting('app.org_id', true), '')::uuid"


def upgrade() -> None:
    op.create_table(
        "feature_flags",
        sa.Column("flag", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_feature_flags_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_feature_flags")),
        sa.UniqueConstraint("org_id", "flag", name=op.f("uq_feature_flags_org_id_flag")),
    )
    # What specialists could do so far, they still can where it was in use.
    op.execute("ALTER TABLE organizations NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO feature_flags (org_id, id, flag, enabled, changed_at) "
        "SELECT id, gen_random_uuid(), 'provider_self_service', true, now() FROM organizations"
    )
    op.execute("ALTER TABLE organizations FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE feature_flags ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE feature_flags FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT ON feature_flags TO restartix_app")
    op.execute(
        f"CREATE POLICY clinic ON feature_flags TO restartix_app USING ({SCOPE}) WITH CHECK ({SCOPE})"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON feature_flags TO restartix_platform")
    op.execute(
        "CREATE POLICY platform ON feature_flags TO restartix_platform USING (true) WITH CHECK (true)"
    )


def downgrade() -> None:
    op.drop_table("feature_flags")
