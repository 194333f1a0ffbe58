"""References that were plain values become keys that carry the clinic; profiles are written in a scope only.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

POLICIES = Path(__file__).resolve().parent.parent / "policies"
# Table, column, the table referred to, its column.
REFERENCES = (
    ("consents", "source_form_id", "form_instances", "id"),
    ("form_instances", "appointment_id", "appointments", "id"),
    ("occupancies", "resource_number", "resources", "number"),
    ("patients", "merged_into_id", "patients", "id"),
    ("specialists", "location_id", "locations", "id"),
    ("specialists", "signature_blob_id", "blobs", "id"),
    ("weekly_hours", "location_id", "locations", "id"),
)
OWN_OF_PROFILES = """
    human_id = NULLIF(current_setting('app.human_id', true), '')::uuid
    OR EXISTS (SELECT FROM caregivers c WHERE c.profile_id = patient_profiles.id
               AND c.human_id = NULLIF(current_setting('app.human_id', true), '')::uuid AND c.revoked_at IS NULL)
"""


def upgrade() -> None:
    for table, column, target, key in REFERENCES:
        op.create_foreign_key(
            op.f(f"fk_{table}_org_id_{column}"), table, target, ["org_id", column], ["org_id", key]
        )
    op.execute((POLICIES / "profile_writes.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute("DROP POLICY own ON caregivers")
    op.execute(
        "CREATE POLICY own ON caregivers TO restartix_app "
        "USING (human_id = NULLIF(current_setting('app.human_id', true), '')::uuid)"
    )
    for name, using in (
        ("own", OWN_OF_PROFILES),
        ("clinic", "EXISTS (SELECT FROM patients p WHERE p.profile_id = patient_profiles.id)"),
    ):
        op.execute(f"DROP POLICY {name} ON patient_profiles")
        op.execute(
            f"CREATE POLICY {name} ON patient_profiles TO restartix_app USING ({using}) WITH CHECK (true)"
        )
    for table, column, _target, _key in REFERENCES:
        op.drop_constraint(op.f(f"fk_{table}_org_id_{column}"), table)
