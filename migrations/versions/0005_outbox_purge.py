"""Events that were handled a month ago leave the outbox; open and parked ones never do.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_outbox_events_done",
        "outbox_events",
        ["done_at"],
        postgresql_where=sa.text("done_at IS NOT NULL"),
    )
    op.execute(
        "CREATE POLICY purge ON outbox_events AS RESTRICTIVE FOR DELETE TO restartix_dispatch "
        "USING (done_at < now() - interval '30 days')"
    )
    op.execute("GRANT DELETE ON outbox_events TO restartix_dispatch")


def downgrade() -> None:
    op.execute("REVOKE DELETE ON outbox_events FROM restartix_dispatch")
    op.execute("DROP POLICY purge ON outbox_events")
    op.drop_index("ix_outbox_events_done", table_name="outbox_events")
