"""Logs older than twelve months move into an archive, and only archived rows can leave a log (KRN-15).

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

POLICIES = Path(__file__).resolve().parent.parent / "policies"
LOGS = ("audit_events", "login_events", "record_accesses")


def upgrade() -> None:
    op.create_table(
        "audit_archives",
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "log IN ('audit_events', 'login_events', 'record_accesses')",
            name=op.f("ck_audit_archives_log"),
        ),
        sa.CheckConstraint("row_count > 0", name=op.f("ck_audit_archives_row_count")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_audit_archives_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_audit_archives")),
        sa.UniqueConstraint(
            "org_id", "log", "month", name=op.f("uq_audit_archives_org_id_log_month")
        ),
    )
    op.execute((POLICIES / "audit_archive.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute("DROP FUNCTION remove_archived(text, date)")
    for name in LOGS:
        op.execute(f"DROP POLICY archivist ON {name}")
        op.execute(f"REVOKE ALL ON {name} FROM restartix_archivist")
        op.execute(f"DROP TRIGGER append_only ON {name}")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    op.execute("DROP FUNCTION refuse_unarchived()")
    op.drop_table("audit_archives")
    op.execute("DROP FUNCTION mark_removed_once()")
