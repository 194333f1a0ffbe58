"""Seats of group classes, pools of rooms and devices, overbooking (CAT-02, SCH-05, SCH-07, SCH-08).

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
