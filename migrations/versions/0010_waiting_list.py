"""A waiting list that offers freed times one after another (SCH-08, BYD-04).

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SCOPE = "org_id = NULLIF(current_setting('app.org_id', true), '')::uuid"


def upgrade() -> None:
    _entries()
    _offers()
    for table in ("waiting_entries", "waiting_offers"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO restartix_app")
        op.execute(
            f"CREATE POLICY clinic ON {table} TO restartix_app USING ({SCOPE}) WITH CHECK ({SCOPE})"
        )


def downgrade() -> None:
    op.drop_table("waiting_offers")
    op.drop_table("waiting_entries")


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


def _keys(table: str, **references: str) -> list[sa.SchemaItem]:
    return [
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f(f"fk_{table}_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint(
                ["org_id", column],
                [f"{target}.org_id", f"{target}.id"],
                name=op.f(f"fk_{table}_org_id_{column}"),
            )
            for column, target in references.items()
        ),
    ]


def _entries() -> None:
    op.create_table(
        "waiting_entries",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("calendar_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("weekdays", sa.Integer(), server_default=sa.text("127"), nullable=False),
        sa.Column("parts", sa.Integer(), server_default=sa.text("7"), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        *_row(),
        sa.CheckConstraint(
            "state IN ('waiting', 'booked', 'left')", name=op.f("ck_waiting_entries_state")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (ended_at IS NULL)", name=op.f("ck_waiting_entries_ended")
        ),
        sa.CheckConstraint("weekdays BETWEEN 1 AND 127", name=op.f("ck_waiting_entries_weekdays")),
        sa.CheckConstraint("parts BETWEEN 1 AND 7", name=op.f("ck_waiting_entries_parts")),
        sa.CheckConstraint(
            "last_day IS NULL OR first_day IS NULL OR last_day >= first_day",
            name=op.f("ck_waiting_entries_days"),
        ),
        sa.CheckConstraint(
            "channel IN ('online', 'phone', 'portal')", name=op.f("ck_waiting_entries_channel")
        ),
        *_keys(
            "waiting_entries",
            patient_id="patients",
            calendar_id="calendars",
            specialist_id="specialists",
        ),
    )
    op.create_index(
        "ix_waiting_entries_open",
        "waiting_entries",
        ["org_id", "patient_id", "calendar_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        op.f("ix_waiting_entries_org_id_created_at"), "waiting_entries", ["org_id", "created_at"]
    )


def _offers() -> None:
    op.create_table(
        "waiting_offers",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        *_row(),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'expired', 'withdrawn')",
            name=op.f("ck_waiting_offers_state"),
        ),
        sa.CheckConstraint(
            "(state = 'open') = (answered_at IS NULL)", name=op.f("ck_waiting_offers_answered")
        ),
        sa.CheckConstraint(
            "(state = 'accepted') = (appointment_id IS NOT NULL)",
            name=op.f("ck_waiting_offers_accepted"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_waiting_offers_order")),
        *_keys(
            "waiting_offers",
            entry_id="waiting_entries",
            specialist_id="specialists",
            appointment_id="appointments",
        ),
        sa.UniqueConstraint(
            "org_id",
            "entry_id",
            "starts_at",
            "specialist_id",
            name=op.f("uq_waiting_offers_org_id_entry_id_starts_at_specialist_id"),
        ),
    )
    op.create_index(
        "ix_waiting_offers_open",
        "waiting_offers",
        ["org_id", "entry_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        op.f("ix_waiting_offers_org_id_expires_at"), "waiting_offers", ["org_id", "expires_at"]
    )
