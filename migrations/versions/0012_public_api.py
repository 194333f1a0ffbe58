"""Origins that may embed a clinic's booking pages (BOK-02, BOK-05).

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SCOPE = "org_id = NULLIF(current_setting('app.org_id', true), '')::uuid"


def upgrade() -> None:
    op.create_table(
        "embed_origins",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_embed_origins_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_embed_origins")),
        sa.UniqueConstraint("org_id", "origin", name=op.f("uq_embed_origins_org_id_origin")),
        sa.CheckConstraint(
            "origin ~ '^https?://[a-z0-9.-]+(:[0-9]{1,5})?$'", name=op.f("ck_embed_origins_origin")
        ),
    )
    op.execute("ALTER TABLE embed_origins ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE embed_origins FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT, DELETE ON embed_origins TO restartix_app")
    op.execute(
        f"CREATE POLICY clinic ON embed_origins TO restartix_app USING ({SCOPE}) WITH CHECK ({SCOPE})"
    )


def downgrade() -> None:
    op.drop_table("embed_origins")
