"""No stretch of taken time is longer than a week, so that reading it begins there and not years ago (SCH-05).

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_check_constraint(
        op.f("ck_occupancies_length"), "occupancies", "ends_at <= starts_at + interval '168 hours'"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_occupancies_length"), "occupancies", type_="check")
