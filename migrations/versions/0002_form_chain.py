"""Signed forms get a place in their clinic's chain; kiosk openings get the short code typed on the tablet.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SEALED = "signed_at IS NOT NULL AND content_sha256 IS NOT NULL"


def upgrade() -> None:
    op.add_column("form_instances", sa.Column("chain_number", sa.Integer(), nullable=True))
    op.create_unique_constraint(
        op.f("uq_form_instances_org_id_chain_number"), "form_instances", ["org_id", "chain_number"]
    )
    op.drop_constraint(op.f("ck_form_instances_signed_is_sealed"), "form_instances")
    op.create_check_constraint(
        op.f("ck_form_instances_signed_is_sealed"),
        "form_instances",
        f"(state = 'signed') = ({SEALED} AND chain_number IS NOT NULL)",
    )
    op.add_column("kiosk_openings", sa.Column("code_digest", sa.Text(), nullable=True))
    op.create_unique_constraint(
        op.f("uq_kiosk_openings_org_id_code_digest"), "kiosk_openings", ["org_id", "code_digest"]
    )
    op.create_index(
        op.f("ix_kiosk_openings_org_id_form_id"), "kiosk_openings", ["org_id", "form_id"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_kiosk_openings_org_id_form_id"), "kiosk_openings")
    op.drop_constraint(op.f("uq_kiosk_openings_org_id_code_digest"), "kiosk_openings")
    op.drop_column("kiosk_openings", "code_digest")
    op.drop_constraint(op.f("ck_form_instances_signed_is_sealed"), "form_instances")
    op.create_check_constraint(
        op.f("ck_form_instances_signed_is_sealed"),
        "form_instances",
        f"(state = 'signed') = ({SEALED})",
    )
    op.drop_constraint(op.f("uq_form_instances_org_id_chain_number"), "form_instances")
    op.drop_column("form_instances", "chain_number")
