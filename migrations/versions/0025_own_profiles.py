"""Whose profiles a person may act for is answered by one narrow function (KRN-02).

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

POLICIES = Path(__file__).resolve().parent.parent / "policies"


def upgrade() -> None:
    op.execute((POLICIES / "resolvers_of_profiles.sql").read_text())


def downgrade() -> None:
    op.execute("DROP FUNCTION profiles_of_human(uuid)")
