"""Group classes with numbered seats (CAT-02), rooms and devices that services need (SCH-07), marked overbooking (SCH-08).

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SCOPE = "org_id = NULLIF(current_setting('app.org_id', true), '')::uuid"
LIVE = sa.text("live")
KINDS = "kind IN ('appointment', 'class', 'offer', 'leave', 'block')"


def upgrade() -> None:
    _occupancy_kinds(KINDS)
    _sessions()
    _seats()
    _spaces()
    _overbooking()
    for table in ("class_sessions", "class_seats", "service_spaces"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO restartix_app")
        op.execute(
            f"CREATE POLICY clinic ON {table} TO restartix_app USING ({SCOPE}) WITH CHECK ({SCOPE})"
        )
    op.execute("GRANT DELETE ON service_spaces TO restartix_app")


def downgrade() -> None:
    op.execute("ALTER TABLE role_permissions NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM role_permissions WHERE permission = 'appointments.overbook'")
    op.execute("ALTER TABLE role_permissions FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE occupancies SET live = false WHERE overbook_reason IS NOT NULL")
    op.drop_constraint(op.f("ck_occupancies_overbooked"), "occupancies", type_="check")
    _no_overlap("live")
    op.drop_column("occupancies", "overbook_reason")
    op.drop_column("appointments", "device_id")
    op.drop_table("service_spaces")
    op.drop_column("services", "needs_device")
    op.drop_column("services", "needs_room")
    op.drop_table("class_seats")
    op.drop_table("class_sessions")
    _occupancy_kinds("kind IN ('appointment', 'leave', 'block')")


def _occupancy_kinds(rule: str) -> None:
    name = op.f("ck_occupancies_kind")
    op.drop_constraint(name, "occupancies", type_="check")
    op.create_check_constraint(name, "occupancies", rule)


def _row() -> list[sa.Column[object]]:
    return [
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    ]


def _clinic_fk(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["org_id", column],
        [f"{target}.org_id", f"{target}.id"],
        name=op.f(f"fk_{table}_org_id_{column}"),
    )


def _sessions() -> None:
    op.create_table(
        "class_sessions",
        sa.Column("calendar_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before_min", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("after_min", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("live", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        *_row(),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_class_sessions_order")),
        sa.CheckConstraint("capacity >= 1", name=op.f("ck_class_sessions_capacity")),
        _clinic_fk("class_sessions", "calendar_id", "calendars"),
        _clinic_fk("class_sessions", "service_id", "services"),
        _clinic_fk("class_sessions", "specialist_id", "specialists"),
        _clinic_fk("class_sessions", "room_id", "rooms"),
        _clinic_fk("class_sessions", "device_id", "rooms"),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_class_sessions_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_class_sessions")),
        sa.UniqueConstraint(
            "org_id", "id", "capacity", name=op.f("uq_class_sessions_org_id_id_capacity")
        ),
    )
    op.create_index(
        "ix_class_sessions_live",
        "class_sessions",
        ["org_id", "calendar_id", "specialist_id", "starts_at"],
        unique=True,
        postgresql_where=LIVE,
    )
    op.create_index(
        op.f("ix_class_sessions_org_id_starts_at"), "class_sessions", ["org_id", "starts_at"]
    )


def _seats() -> None:
    op.create_table(
        "class_seats",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("live", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        *_row(),
        sa.CheckConstraint(
            "number >= 1 AND (number <= capacity OR NOT live)", name=op.f("ck_class_seats_within")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id", "capacity"],
            ["class_sessions.org_id", "class_sessions.id", "class_sessions.capacity"],
            name=op.f("fk_class_seats_org_id_session_id_capacity"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_class_seats_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_class_seats")),
    )
    for what, columns in (
        ("number", ["org_id", "session_id", "number"]),
        ("holder", ["org_id", "holder_id"]),
    ):
        op.create_index(
            f"ix_class_seats_{what}", "class_seats", columns, unique=True, postgresql_where=LIVE
        )


def _spaces() -> None:
    """What a service needs beside its specialist, and which rooms or devices will do."""
    for name in ("needs_room", "needs_device"):
        column = sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False)
        op.add_column("services", column)
    op.create_table(
        "service_spaces",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        *_row(),
        _clinic_fk("service_spaces", "service_id", "services"),
        _clinic_fk("service_spaces", "room_id", "rooms"),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_service_spaces_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_service_spaces")),
        sa.UniqueConstraint(
            "org_id",
            "service_id",
            "room_id",
            name=op.f("uq_service_spaces_org_id_service_id_room_id"),
        ),
    )
    op.add_column("appointments", sa.Column("device_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_appointments_org_id_device_id"),
        "appointments",
        "rooms",
        ["org_id", "device_id"],
        ["org_id", "id"],
    )


def _overbooking() -> None:
    """Time taken on top of a visit on purpose says why, and only that stands outside the overlap constraint."""
    op.add_column("occupancies", sa.Column("overbook_reason", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_occupancies_overbooked"),
        "occupancies",
        "overbook_reason IS NULL OR (kind = 'appointment' AND btrim(overbook_reason) <> '')",
    )
    _no_overlap("live AND overbook_reason IS NULL")
    # Who leads the team of a clinic may overbook, and let others.
    op.execute("ALTER TABLE role_permissions NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO role_permissions (org_id, id, role_id, permission) "
        "SELECT org_id, gen_random_uuid(), role_id, 'appointments.overbook' FROM role_permissions "
        "WHERE permission = 'team.manage'"
    )
    op.execute("ALTER TABLE role_permissions FORCE ROW LEVEL SECURITY")


def _no_overlap(where: str) -> None:
    op.execute("ALTER TABLE occupancies DROP CONSTRAINT no_overlap")
    op.execute(
        "ALTER TABLE occupancies ADD CONSTRAINT no_overlap EXCLUDE USING gist "
        "(int8range(resource_number, resource_number, '[]') WITH &&, during WITH &&) "
        f"WHERE ({where})"
    )
