"""What became of held times: an append-only log without contact data, forgotten after ninety days (SCH-09).

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

SCOPE = "org_id = NULLIF(current_setting('app.org_id', true), '')::uuid"
OLD = "at < now() - interval '90 days'"


def upgrade() -> None:
    _table()
    op.execute("ALTER TABLE hold_events ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE hold_events FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON hold_events TO restartix_app")
    op.execute(
        f"CREATE POLICY clinic ON hold_events TO restartix_app USING ({SCOPE}) WITH CHECK ({SCOPE})"
    )
    # Whoever sweeps sees and deletes only what is old, by the database's own clock.
    op.execute("GRANT SELECT (org_id, id, at), DELETE ON hold_events TO restartix_dispatch")
    op.execute(f"CREATE POLICY sweep ON hold_events TO restartix_dispatch USING ({OLD})")
    op.execute(
        f"""
        CREATE FUNCTION refuse_young_hold_event() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND current_user = 'restartix_dispatch' AND OLD.{OLD} THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION 'hold_events is append-only' USING ERRCODE = 'restrict_violation';
        END
        $$
        """
    )
    op.execute("REVOKE EXECUTE ON FUNCTION refuse_young_hold_event() FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON hold_events "
        "FOR EACH ROW EXECUTE FUNCTION refuse_young_hold_event()"
    )
    op.execute(
        "CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON hold_events "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("hold_events")
    op.execute("DROP FUNCTION refuse_young_hold_event()")


def _table() -> None:
    op.create_table(
        "hold_events",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("hold", sa.Text(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("calendar_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "what IN ('made', 'extended', 'replaced', 'released', 'expired', 'booked', 'refused')",
            name=op.f("ck_hold_events_what"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "calendar_id"],
            ["calendars.org_id", "calendars.id"],
            name=op.f("fk_hold_events_org_id_calendar_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_hold_events_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_hold_events")),
        sa.UniqueConstraint("org_id", "source", name=op.f("uq_hold_events_org_id_source")),
    )
    op.create_index(op.f("ix_hold_events_org_id_hold"), "hold_events", ["org_id", "hold"])
    op.create_index(op.f("ix_hold_events_org_id_at"), "hold_events", ["org_id", "at"])
