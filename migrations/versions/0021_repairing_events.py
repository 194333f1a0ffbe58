"""Whoever decides about roles may also see what failed in the background, and repeat it (KRN-06).

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE role_permissions NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO role_permissions (org_id, id, role_id, permission) "
        "SELECT org_id, gen_random_uuid(), role_id, 'events.repair' FROM role_permissions "
        "WHERE permission = 'roles.manage'"
    )
    op.execute("ALTER TABLE role_permissions FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.execute("ALTER TABLE role_permissions NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM role_permissions WHERE permission = 'events.repair'")
    op.execute("ALTER TABLE role_permissions FORCE ROW LEVEL SECURITY")
