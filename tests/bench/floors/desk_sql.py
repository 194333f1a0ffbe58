"""The statements of the bare write transaction: the scope, and one row of taken time."""

from __future__ import annotations

SET = "SELECT set_config('app.org_id', %s, true), set_config('app.human_id', '', true)"
INSERT = """
INSERT INTO occupancies
    (org_id, id, resource_id, resource_number, starts_at, ends_at, visit_starts_at, visit_ends_at, kind)
VALUES (%s, gen_random_uuid(), %s, %s, %s, %s, %s, %s, 'block')
"""
