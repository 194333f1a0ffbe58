"""A request enters its clinic and reads who is signed in there by one function (SEC-01, KRN-01).

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

POLICIES = Path(__file__).resolve().parent.parent / "policies"


def upgrade() -> None:
    op.execute((POLICIES / "arrival.sql").read_text())


def downgrade() -> None:
    op.execute("DROP FUNCTION arrive(text, uuid, uuid, timestamptz, timestamptz)")
