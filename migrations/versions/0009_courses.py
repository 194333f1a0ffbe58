"""Courses of visits: a weekly treatment booked at once (BYD-03).

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SCOPE = "org_id = NULLIF(current_setting('app.org_id', true), '')::uuid"


def upgrade() -> None:
    op.create_table(
        "courses",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("calendar_id", sa.Uuid(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("planned BETWEEN 2 AND 60", name=op.f("ck_courses_planned")),
        sa.ForeignKeyConstraint(
            ["org_id", "patient_id"],
            ["patients.org_id", "patients.id"],
            name=op.f("fk_courses_org_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "calendar_id"],
            ["calendars.org_id", "calendars.id"],
            name=op.f("fk_courses_org_id_calendar_id"),
        ),
        sa.ForeignKeyConstraint(["created_by"], ["humans.id"], name=op.f("fk_courses_created_by")),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_courses_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_courses")),
    )
    op.create_index(op.f("ix_courses_org_id_patient_id"), "courses", ["org_id", "patient_id"])
    op.add_column("appointments", sa.Column("course_id", sa.Uuid(), nullable=True))
    op.add_column("appointments", sa.Column("course_number", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_appointments_course"),
        "appointments",
        "(course_id IS NULL) = (course_number IS NULL)",
    )
    op.create_foreign_key(
        op.f("fk_appointments_org_id_course_id"),
        "appointments",
        "courses",
        ["org_id", "course_id"],
        ["org_id", "id"],
    )
    op.create_unique_constraint(
        op.f("uq_appointments_org_id_course_id_course_number"),
        "appointments",
        ["org_id", "course_id", "course_number"],
    )
    op.execute("ALTER TABLE courses ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE courses FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON courses TO restartix_app")
    op.execute(
        f"CREATE POLICY clinic ON courses TO restartix_app USING ({SCOPE}) WITH CHECK ({SCOPE})"
    )


def downgrade() -> None:
    op.drop_constraint(
        op.f("uq_appointments_org_id_course_id_course_number"), "appointments", type_="unique"
    )
    op.drop_constraint(op.f("fk_appointments_org_id_course_id"), "appointments", type_="foreignkey")
    op.drop_constraint(op.f("ck_appointments_course"), "appointments", type_="check")
    op.drop_column("appointments", "course_number")
    op.drop_column("appointments", "course_id")
    op.drop_table("courses")
