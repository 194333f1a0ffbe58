"""Private calendar feeds of specialists and patients.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("revoked_at IS NULL")
SCOPE = "org_id = NULLIF(current_setting('app.org_id', true), '')::uuid"


def upgrade() -> None:
    op.create_table(
        "calendar_feeds",
        sa.Column("specialist_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(specialist_id IS NULL) <> (patient_id IS NULL)", name=op.f("ck_calendar_feeds_whose")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "specialist_id"],
            ["specialists.org_id", "specialists.id"],
            name=op.f("fk_calendar_feeds_org_id_specialist_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "patient_id"],
            ["patients.org_id", "patients.id"],
            name=op.f("fk_calendar_feeds_org_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_calendar_feeds_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint(
            "org_id", "token_digest", name=op.f("uq_calendar_feeds_org_id_token_digest")
        ),
    )
    for whose in ("specialist_id", "patient_id"):
        op.create_index(
            f"ix_calendar_feeds_open_{whose}",
            "calendar_feeds",
            ["org_id", whose],
            unique=True,
            postgresql_where=OPEN,
        )
    op.execute("ALTER TABLE calendar_feeds ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE calendar_feeds FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT, UPDATE (revoked_at) ON calendar_feeds TO restartix_app")
    op.execute(
        f"CREATE POLICY clinic ON calendar_feeds TO restartix_app USING ({SCOPE}) WITH CHECK ({SCOPE})"
    )


def downgrade() -> None:
    op.drop_table("calendar_feeds")
