"""Why a time is blocked: a reason beside the block, and beside nothing else (SCH-06).

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("occupancies", sa.Column("reason", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_occupancies_reason"), "occupancies", "reason IS NULL OR kind IN ('block', 'leave')"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_occupancies_reason"), "occupancies", type_="check")
    op.drop_column("occupancies", "reason")
