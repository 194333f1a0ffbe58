"""No two rooms or devices in use at a location have the same name (SCH-07).

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

NUMBERED = """
UPDATE rooms SET name = left(rooms.name, 70) || ' (' || twin.place || ')'
FROM (
    SELECT org_id, id, row_number() OVER (
        PARTITION BY org_id, location_id, lower(name) ORDER BY created_at, id
    ) AS place
    FROM rooms WHERE archived_at IS NULL
) AS twin
WHERE twin.org_id = rooms.org_id AND twin.id = rooms.id AND twin.place > 1
"""


def upgrade() -> None:
    # Those that exist keep their names but for a number: which of them is meant only the clinic knows.
    op.execute("ALTER TABLE rooms NO FORCE ROW LEVEL SECURITY")
    op.execute(NUMBERED)
    op.execute("ALTER TABLE rooms FORCE ROW LEVEL SECURITY")
    op.create_index(
        "uq_rooms_name",
        "rooms",
        ["org_id", "location_id", sa.text("lower(name)")],
        unique=True,
        postgresql_where=sa.text("archived_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_rooms_name", "rooms")
