"""Calling a patient to a room, and the screens in waiting rooms that show it (APT-04).

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SCOPE = "org_id = NULLIF(current_setting('app.org_id', true), '')::uuid"


def upgrade() -> None:
    op.add_column("appointments", sa.Column("called_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("appointments", sa.Column("called_room_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_appointments_org_id_called_room_id"),
        "appointments",
        "rooms",
        ["org_id", "called_room_id"],
        ["org_id", "id"],
    )
    op.create_table(
        "wall_screens",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("shows", sa.Text(), server_default="initials", nullable=False),
        sa.Column("dark", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
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
            "languages IN ('ro', 'en', 'both')", name=op.f("ck_wall_screens_languages")
        ),
        sa.CheckConstraint("shows IN ('initials', 'code')", name=op.f("ck_wall_screens_shows")),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["locations.org_id", "locations.id"],
            name=op.f("fk_wall_screens_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_wall_screens_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_wall_screens")),
        sa.UniqueConstraint(
            "org_id", "token_digest", name=op.f("uq_wall_screens_org_id_token_digest")
        ),
    )
    op.execute("ALTER TABLE wall_screens ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE wall_screens FORCE ROW LEVEL SECURITY")
    op.execute(
        "GRANT SELECT, INSERT, UPDATE (name, location_id, languages, shows, dark, token_digest, "
        "seen_at, revoked_at) ON wall_screens TO restartix_app"
    )
    op.execute(
        f"CREATE POLICY clinic ON wall_screens TO restartix_app USING ({SCOPE}) WITH CHECK ({SCOPE})"
    )

    # Whoever checks patients in may call them, too.
    op.execute("ALTER TABLE role_permissions NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO role_permissions (org_id, id, role_id, permission) "
        "SELECT org_id, gen_random_uuid(), role_id, 'reception.call' FROM role_permissions "
        "WHERE permission = 'reception.check_in'"
    )
    op.execute("ALTER TABLE role_permissions FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_table("wall_screens")
    op.drop_constraint(
        op.f("fk_appointments_org_id_called_room_id"), "appointments", type_="foreignkey"
    )
    op.drop_column("appointments", "called_room_id")
    op.drop_column("appointments", "called_at")
