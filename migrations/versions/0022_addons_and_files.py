"""What is added to a service's visits, what a visit has, and files kept with it (APT-02).

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

SCOPE = "org_id = NULLIF(current_setting('app.org_id', true), '')::uuid"


def upgrade() -> None:
    _service_addons()
    _visit_addons()
    _visit_files()
    for table, rights in (
        ("service_addons", "SELECT, INSERT, UPDATE"),
        ("visit_addons", "SELECT, INSERT, UPDATE (removed_at)"),
        (
            "visit_files",
            "SELECT, INSERT, UPDATE (shared, removed_at, removed_by, removal_reason)",
        ),
    ):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT {rights} ON {table} TO restartix_app")
        op.execute(
            f"CREATE POLICY clinic ON {table} TO restartix_app USING ({SCOPE}) WITH CHECK ({SCOPE})"
        )
    # Whoever books visits keeps their files.
    op.execute("ALTER TABLE role_permissions NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO role_permissions (org_id, id, role_id, permission) "
        "SELECT org_id, gen_random_uuid(), role_id, 'appointments.files' FROM role_permissions "
        "WHERE permission = 'appointments.book'"
    )
    op.execute("ALTER TABLE role_permissions FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.execute("ALTER TABLE role_permissions NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM role_permissions WHERE permission = 'appointments.files'")
    op.execute("ALTER TABLE role_permissions FORCE ROW LEVEL SECURITY")
    op.drop_table("visit_files")
    op.drop_table("visit_addons")
    op.drop_table("service_addons")


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


def _keys(table: str, *humans: str, **references: str) -> list[sa.SchemaItem]:
    return [
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f(f"fk_{table}_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([column], ["humans.id"], name=op.f(f"fk_{table}_{column}"))
            for column in humans
        ),
        *(
            sa.ForeignKeyConstraint(
                ["org_id", column],
                [f"{target}.org_id", f"{target}.id"],
                name=op.f(f"fk_{table}_org_id_{column}"),
            )
            for column, target in references.items()
        ),
    ]


def _names() -> sa.Column[object]:
    return sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False)


def _service_addons() -> None:
    op.create_table(
        "service_addons",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        _names(),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("extra_min", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("most", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("online", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        *_row(),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_service_addons_price")),
        sa.CheckConstraint(
            "extra_min BETWEEN 0 AND 240 AND extra_min % 5 = 0",
            name=op.f("ck_service_addons_extra"),
        ),
        sa.CheckConstraint("most BETWEEN 1 AND 10", name=op.f("ck_service_addons_most")),
        *_keys("service_addons", service_id="services"),
    )
    op.create_index(
        op.f("ix_service_addons_org_id_service_id"), "service_addons", ["org_id", "service_id"]
    )


def _visit_addons() -> None:
    op.create_table(
        "visit_addons",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("addon_id", sa.Uuid(), nullable=False),
        _names(),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("extra_min", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        *_row(),
        sa.CheckConstraint("quantity BETWEEN 1 AND 10", name=op.f("ck_visit_addons_quantity")),
        *_keys("visit_addons", appointment_id="appointments", addon_id="service_addons"),
    )
    op.create_index(
        "uq_visit_addons_standing",
        "visit_addons",
        ["org_id", "appointment_id", "addon_id"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )


def _visit_files() -> None:
    op.create_table(
        "visit_files",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("blob_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.Uuid(), nullable=True),
        sa.Column("removal_reason", sa.Text(), nullable=True),
        *_row(),
        sa.CheckConstraint(
            "(removed_at IS NULL) = (removal_reason IS NULL)",
            name=op.f("ck_visit_files_removed_with_reason"),
        ),
        *_keys(
            "visit_files",
            "added_by",
            "removed_by",
            appointment_id="appointments",
            blob_id="blobs",
        ),
    )
    op.create_index(
        op.f("ix_visit_files_org_id_appointment_id"), "visit_files", ["org_id", "appointment_id"]
    )
