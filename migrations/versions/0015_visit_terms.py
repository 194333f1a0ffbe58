"""Terms of a visit: deposit, late cancellation, no-show; what is due and what was let off (CAT-01, APT-03).

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

SCOPE = "org_id = NULLIF(current_setting('app.org_id', true), '')::uuid"
TABLES = ("visit_charges", "charge_releases")


def upgrade() -> None:
    kept = postgresql.JSONB(astext_type=sa.Text())
    empty = sa.text("'{}'::jsonb")
    op.add_column("services", sa.Column("terms", kept, server_default=empty, nullable=False))
    op.add_column("calendars", sa.Column("terms", kept, nullable=True))
    op.add_column("appointments", sa.Column("terms", kept, server_default=empty, nullable=False))
    _freeze_what_stands()
    _charges()
    _releases()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO restartix_app")
        op.execute(
            f"CREATE POLICY clinic ON {table} TO restartix_app USING ({SCOPE}) WITH CHECK ({SCOPE})"
        )
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    _let_managers_waive()


def downgrade() -> None:
    op.execute("ALTER TABLE role_permissions NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM role_permissions WHERE permission = 'appointments.waive'")
    op.execute("ALTER TABLE role_permissions FORCE ROW LEVEL SECURITY")
    op.drop_table("charge_releases")
    op.drop_table("visit_charges")
    for table in ("appointments", "calendars", "services"):
        op.drop_column(table, "terms")


def _freeze_what_stands() -> None:
    """Visits that are booked keep the notice under which they were booked."""
    for table in ("appointments", "services"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE appointments SET terms = jsonb_build_object('notice_min', services.cancel_notice_min) "
        "FROM services WHERE services.org_id = appointments.org_id AND services.id = appointments.service_id"
    )
    for table in ("appointments", "services"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _let_managers_waive() -> None:
    """Whoever runs the catalogue and may cancel may also let off what is due."""
    op.execute("ALTER TABLE role_permissions NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO role_permissions (org_id, id, role_id, permission) "
        "SELECT org_id, gen_random_uuid(), role_id, 'appointments.waive' FROM role_permissions "
        "WHERE permission IN ('appointments.cancel', 'catalog.manage') "
        "GROUP BY org_id, role_id HAVING count(*) = 2"
    )
    op.execute("ALTER TABLE role_permissions FORCE ROW LEVEL SECURITY")


def _charges() -> None:
    op.create_table(
        "visit_charges",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("session_lost", sa.Boolean(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        *_row(),
        sa.CheckConstraint(
            "what IN ('late_cancel', 'late_move', 'no_show')", name=op.f("ck_visit_charges_what")
        ),
        sa.CheckConstraint(
            "amount_minor > 0 OR (amount_minor = 0 AND session_lost)",
            name=op.f("ck_visit_charges_something"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointments.org_id", "appointments.id"],
            name=op.f("fk_visit_charges_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_visit_charges_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_visit_charges")),
        sa.UniqueConstraint(
            "org_id",
            "appointment_id",
            "version",
            name=op.f("uq_visit_charges_org_id_appointment_id_version"),
        ),
    )


def _releases() -> None:
    op.create_table(
        "charge_releases",
        sa.Column("charge_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        *_row(),
        sa.CheckConstraint("why IN ('waived', 'undone')", name=op.f("ck_charge_releases_why")),
        sa.CheckConstraint(
            "why = 'undone' OR btrim(reason) <> ''", name=op.f("ck_charge_releases_said")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "charge_id"],
            ["visit_charges.org_id", "visit_charges.id"],
            name=op.f("fk_charge_releases_org_id_charge_id"),
        ),
        sa.ForeignKeyConstraint(
            ["released_by"], ["humans.id"], name=op.f("fk_charge_releases_released_by")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_charge_releases_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_charge_releases")),
        sa.UniqueConstraint(
            "org_id", "charge_id", name=op.f("uq_charge_releases_org_id_charge_id")
        ),
    )


def _row() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
