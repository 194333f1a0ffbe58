"""Imports of patients from files, with their rows (BYD-09).

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SCOPE = "org_id = NULLIF(current_setting('app.org_id', true), '')::uuid"
STATES = "'read', 'checking', 'checked', 'importing', 'done', 'undoing', 'undone', 'discarded'"


def upgrade() -> None:
    _imports()
    _rows()
    for table, rights in (
        ("patient_imports", "SELECT, INSERT, UPDATE"),
        ("patient_import_rows", "SELECT, INSERT, UPDATE, DELETE"),
    ):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT {rights} ON {table} TO restartix_app")
        op.execute(
            f"CREATE POLICY clinic ON {table} TO restartix_app USING ({SCOPE}) WITH CHECK ({SCOPE})"
        )
    # Who leads the team of a clinic and its patients' file may bring in a file, and let others.
    op.execute("ALTER TABLE role_permissions NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO role_permissions (org_id, id, role_id, permission) "
        "SELECT org_id, gen_random_uuid(), role_id, 'patients.import' FROM role_permissions "
        "WHERE permission IN ('team.manage', 'patients.manage') "
        "GROUP BY org_id, role_id HAVING count(*) = 2"
    )
    op.execute("ALTER TABLE role_permissions FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.execute("ALTER TABLE role_permissions NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM role_permissions WHERE permission = 'patients.import'")
    op.execute("ALTER TABLE role_permissions FORCE ROW LEVEL SECURITY")
    op.drop_table("patient_import_rows")
    op.drop_table("patient_imports")


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


def _json(name: str, default: str | None = None) -> sa.Column[object]:
    return sa.Column(
        name,
        postgresql.JSONB(astext_type=sa.Text()),
        server_default=None if default is None else sa.text(f"'{default}'"),
        nullable=False,
    )


def _imports() -> None:
    op.create_table(
        "patient_imports",
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("separator", sa.Text(), nullable=False),
        _json("header"),
        _json("mapping"),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("lenient", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("known", sa.Text(), server_default="leave", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        _json("tally", "{}"),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("acted_by", sa.Uuid(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        *_row(),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_patient_imports_state")),
        sa.CheckConstraint("known IN ('leave', 'fill')", name=op.f("ck_patient_imports_known")),
        *_keys("patient_imports", "created_by", "acted_by"),
    )
    op.create_index(
        op.f("ix_patient_imports_org_id_sha256"), "patient_imports", ["org_id", "sha256"]
    )


def _rows() -> None:
    op.create_table(
        "patient_import_rows",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        _json("problems", "[]"),
        sa.Column("match_id", sa.Uuid(), nullable=True),
        sa.Column("double_of", sa.Integer(), nullable=True),
        _json("signs", "[]"),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("card_id", sa.Uuid(), nullable=True),
        _json("filled", "[]"),
        *_row(),
        sa.CheckConstraint(
            "verdict IN ('new', 'known', 'double', 'invalid')",
            name=op.f("ck_patient_import_rows_verdict"),
        ),
        sa.CheckConstraint(
            "decision IN ('add', 'leave', 'fill')", name=op.f("ck_patient_import_rows_decision")
        ),
        sa.CheckConstraint(
            "outcome IN ('added', 'filled', 'left', 'undone', 'kept')",
            name=op.f("ck_patient_import_rows_outcome"),
        ),
        *_keys(
            "patient_import_rows",
            import_id="patient_imports",
            match_id="patients",
            card_id="patients",
        ),
        sa.UniqueConstraint(
            "org_id", "import_id", "line", name=op.f("uq_patient_import_rows_org_id_import_id_line")
        ),
    )
    op.create_index(
        "ix_patient_import_rows_open",
        "patient_import_rows",
        ["org_id", "import_id", "line"],
        postgresql_where=sa.text("outcome IS NULL"),
    )
