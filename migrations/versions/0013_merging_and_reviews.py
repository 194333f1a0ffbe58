"""Merged patient cards and reviews of visits (BYD-09, APT-02).

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SCOPE = "org_id = NULLIF(current_setting('app.org_id', true), '')::uuid"
# What can be written for a card that a merge is just taking away: it is written for the card that is kept.
FOLLOWERS = (
    "appointments",
    "calendar_feeds",
    "consents",
    "courses",
    "form_instances",
    "pose_sessions",
    "waiting_entries",
)
# The merge holds both cards FOR UPDATE; the lock waits for it and then reads the row as it left it.
FOLLOW = """
CREATE FUNCTION follow_merge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept uuid;
BEGIN
    SELECT merged_into_id INTO kept FROM patients
    WHERE org_id = NEW.org_id AND id = NEW.patient_id FOR KEY SHARE;
    IF kept IS NOT NULL THEN
        NEW.patient_id := kept;
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    _merges()
    _apart()
    _reviews()
    _rules()
    for table, grants in (
        ("patient_merges", "SELECT, INSERT, UPDATE (undone_at, undone_by)"),
        ("apart_pairs", "SELECT, INSERT"),
        ("visit_reviews", "SELECT, INSERT, UPDATE"),
        ("review_rules", "SELECT, INSERT, UPDATE"),
    ):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT {grants} ON {table} TO restartix_app")
        op.execute(
            f"CREATE POLICY clinic ON {table} TO restartix_app USING ({SCOPE}) WITH CHECK ({SCOPE})"
        )
    op.create_index(
        "ix_patients_merged",
        "patients",
        ["org_id", "merged_into_id"],
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    op.execute("GRANT UPDATE (patient_id) ON courses TO restartix_app")
    op.execute(FOLLOW)
    for table in FOLLOWERS:
        op.execute(
            f"CREATE TRIGGER follow_merge BEFORE INSERT ON {table} FOR EACH ROW"
            " WHEN (NEW.patient_id IS NOT NULL) EXECUTE FUNCTION follow_merge()"
        )


def downgrade() -> None:
    for table in FOLLOWERS:
        op.execute(f"DROP TRIGGER follow_merge ON {table}")
    op.execute("DROP FUNCTION follow_merge()")
    op.execute("REVOKE UPDATE (patient_id) ON courses FROM restartix_app")
    op.drop_index("ix_patients_merged", "patients")
    for table in ("review_rules", "visit_reviews", "apart_pairs", "patient_merges"):
        op.drop_table(table)


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


def _merges() -> None:
    op.create_table(
        "patient_merges",
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("absorbed_id", sa.Uuid(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by", sa.Uuid(), nullable=True),
        sa.Column("moved", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("before", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("after", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        *_row(),
        sa.CheckConstraint(
            "(undone_at IS NULL) OR (undone_at >= merged_at)", name=op.f("ck_patient_merges_order")
        ),
        *_keys(
            "patient_merges", "merged_by", "undone_by", kept_id="patients", absorbed_id="patients"
        ),
    )
    for column in ("merged_at", "kept_id"):
        op.create_index(
            op.f(f"ix_patient_merges_org_id_{column}"), "patient_merges", ["org_id", column]
        )


def _apart() -> None:
    op.create_table(
        "apart_pairs",
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        *_row(),
        *_keys("apart_pairs", "decided_by", first_id="patients", second_id="patients"),
        sa.UniqueConstraint(
            "org_id", "first_id", "second_id", name=op.f("uq_apart_pairs_org_id_first_id_second_id")
        ),
    )


def _reviews() -> None:
    op.create_table(
        "visit_reviews",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alerted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_by", sa.Uuid(), nullable=True),
        sa.Column("handled_note", sa.Text(), server_default="", nullable=False),
        *_row(),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_visit_reviews_rating")),
        sa.CheckConstraint("changed_at >= given_at", name=op.f("ck_visit_reviews_order")),
        *_keys("visit_reviews", "handled_by", appointment_id="appointments"),
        sa.UniqueConstraint(
            "org_id", "appointment_id", name=op.f("uq_visit_reviews_org_id_appointment_id")
        ),
    )
    op.create_index(
        op.f("ix_visit_reviews_org_id_given_at"), "visit_reviews", ["org_id", "given_at"]
    )


def _rules() -> None:
    op.create_table(
        "review_rules",
        sa.Column("service_id", sa.Uuid(), nullable=True),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("after_hours", sa.Integer(), server_default=sa.text("3"), nullable=False),
        sa.Column("low_rating", sa.Integer(), server_default=sa.text("2"), nullable=False),
        *_row(),
        sa.CheckConstraint("after_hours BETWEEN 0 AND 72", name=op.f("ck_review_rules_after")),
        sa.CheckConstraint("low_rating BETWEEN 0 AND 4", name=op.f("ck_review_rules_low")),
        *_keys("review_rules", service_id="services"),
        sa.UniqueConstraint(
            "org_id",
            "service_id",
            name=op.f("uq_review_rules_org_id_service_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
