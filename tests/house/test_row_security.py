"""The database's own catalogue against the rules of isolation: what a reviewer may overlook is asked of Postgres.

Sources: docs/architecture.md, "Rules of the house"; PostgreSQL documentation, "Row Security Policies" and "Writing
SECURITY DEFINER Functions Safely".
"""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from sqlalchemy import Uuid

from app.tables import metadata
from ops import roles
from ops.paths import MIGRATIONS
from tests.house.conftest import Admin
from tests.support.schema import clinic_tables, kinds

pytestmark = pytest.mark.proves("KRN-01")

ROLES = (
    roles.OWNER,
    roles.APP,
    "restartix_platform",
    "restartix_dispatch",
    "restartix_resolver",
    "restartix_archivist",
)
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")
VERB_OF_LETTER = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
LOGS = {
    "audit_events",
    "login_events",
    "record_accesses",
    "appointment_changes",
    "visit_charges",
    "charge_releases",
    "hold_events",
    "consent_purpose_versions",
    "form_template_versions",
    "pose_session_metrics",
    "pose_rep_metrics",
}
# What the application may delete: plain associations and hours. Everything else ends by a date or a state (KRN-11).
DELETABLE = {
    "embed_origins",
    "role_permissions",
    "specialist_specialties",
    "service_spaces",
    "service_specialists",
    "weekly_hours",
    "date_overrides",
    "calendar_forms",
    "calendar_specialists",
    "patient_import_rows",
}
UNIQUE_WITHOUT_CLINIC = {
    "uq_resources_number": "drawn from one sequence by the database, never given: nothing to probe for",
    "no_overlap": "its key is resources.number, and (org_id, resource_id) is a foreign key",
}
# References from a clinic's row to rows that belong to no single clinic, or to the clinic itself.
SHARED_TARGETS = {"organizations", "humans", "patient_profiles", "consent_purposes", "exercises"}
PLAIN_IDENTIFIERS = {
    "blobs.created_by": "who stored it, as the trail has it; nothing is read through it",
    "class_seats.holder_id": "a visit or an offer, as occupancies.reference_id",
    "deliveries.subject_id": "what the message is about, of several kinds; subject_type names which",
    "occupancies.reference_id": "a visit or a block; found by it within the clinic only",
    "pose_sessions.token_id": "names a token, not a row",
    "record_accesses.actor_human_id": "a log keeps what it saw",
    "record_accesses.elevated_id": "a log keeps what it saw",
    "record_accesses.patient_id": "a log keeps what it saw",
}


def test_tables_of_models_and_database_are_the_same(admin: Admin):
    rows = admin.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    assert {row["relname"] for row in rows} - {"alembic_version"} == set(metadata.tables)
    assert set(kinds()) == set(metadata.tables)


def test_every_table_has_row_level_security_forced(admin: Admin):
    rows = admin.execute(
        """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
           AND relname <> 'alembic_version' AND NOT (relrowsecurity AND relforcerowsecurity)"""
    )
    assert [row["relname"] for row in rows] == []


def test_every_granted_verb_has_a_policy(admin: Admin):
    """A grant without a policy is a dead right; a policy without a grant would wait for a careless grant."""
    granted, policed = _granted(admin), _policed(admin)
    dead = {key: verbs for key in granted if (verbs := granted[key] - policed[key])}
    assert dead == {}


def test_policies_name_their_role(admin: Admin):
    rows = admin.execute("SELECT tablename, policyname, roles FROM pg_policies")
    assert [row for row in rows if not set(row["roles"]) <= set(ROLES)] == []


def test_no_policy_reads_the_scope_without_guarding_against_an_emptied_setting(admin: Admin):
    """After a transaction a custom setting reads as '' and not as NULL, which is no uuid."""
    rows = admin.execute(
        "SELECT tablename, policyname, qual, with_check FROM pg_policies"
    ).fetchall()
    assert len(rows) >= len(metadata.tables)
    for row in rows:
        for expression in (row["qual"] or "", row["with_check"] or ""):
            bare = re.sub(
                r"NULLIF\(current_setting\('app\.\w+'::text, true\), ''::text\)", "", expression
            )
            assert "current_setting" not in bare, row


def test_clinic_tables_compare_their_clinic_with_the_scope_for_reading_and_writing(admin: Admin):
    expected = "(org_id = (NULLIF(current_setting('app.org_id'::text, true), ''::text))::uuid)"
    rows = admin.execute(
        "SELECT tablename, qual, with_check FROM pg_policies WHERE policyname = 'clinic' AND cmd = 'ALL'"
    )
    found = {row["tablename"]: {row["qual"], row["with_check"]} for row in rows}
    wrong = [table.name for table in clinic_tables() if found.get(table.name) != {expected}]
    assert wrong == []


def test_the_application_has_one_permissive_way_into_a_clinic_table(admin: Admin):
    """Policies add up: one more permissive policy for the application would open the table."""
    rows = admin.execute(
        """SELECT tablename, policyname, cmd FROM pg_policies
           WHERE roles @> ARRAY[%s]::name[] AND policyname <> 'clinic'""",
        [roles.APP],
    )
    names = {table.name for table in clinic_tables()}
    others = {
        (row["tablename"], row["policyname"], row["cmd"])
        for row in rows
        if row["tablename"] in names
    }
    # A person chooses where to work: the own memberships are readable from every clinic.
    assert others == {("memberships", "own", "SELECT")}


def test_roles_cannot_rise(admin: Admin):
    rows = admin.execute(
        """SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication AS mighty
           FROM pg_roles WHERE rolname = ANY(%s)""",
        [list(ROLES)],
    ).fetchall()
    assert {row["rolname"]: row["mighty"] for row in rows} == dict.fromkeys(ROLES, False)
    members = admin.execute(
        """SELECT r.rolname AS role, m.rolname AS member FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid
           JOIN pg_roles m ON m.oid = a.member WHERE r.rolname = ANY(%s) AND NOT m.rolsuper""",
        [list(ROLES)],
    )
    assert {(row["member"], row["role"]) for row in members} == {
        (roles.APP, "restartix_platform"),
        (roles.APP, "restartix_dispatch"),
        (roles.OWNER, "restartix_resolver"),
        (roles.OWNER, "restartix_archivist"),
    }


def test_the_application_inherits_nothing(admin: Admin):
    """Rights of the narrow roles count only after SET ROLE, which ends with the transaction."""
    for role in ("restartix_platform", "restartix_dispatch"):
        row = admin.execute(
            "SELECT pg_has_role(%s, %s, 'USAGE') AS inherits", [roles.APP, role]
        ).fetchone()
        assert row == {"inherits": False}


def test_only_the_owner_owns(admin: Admin):
    rows = admin.execute(
        "SELECT relname, pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    ).fetchall()
    assert rows
    assert {row["owner"] for row in rows} == {roles.OWNER}
    schema = admin.execute(
        "SELECT bool_or(has_schema_privilege(r, 'public', 'CREATE')) AS creates FROM unnest(%s::text[]) r",
        [list(ROLES[1:4])],
    ).fetchone()
    assert schema == {"creates": False}


def test_nothing_is_granted_to_everybody(admin: Admin):
    rows = admin.execute(
        """SELECT c.relname, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
           WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = 0"""
    )
    assert rows.fetchall() == []


def test_nobody_but_the_owner_may_truncate_refer_or_trigger(admin: Admin):
    rows = admin.execute(
        """SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants
           WHERE table_schema = 'public' AND grantee <> %s AND NOT privilege_type = ANY(%s)""",
        [roles.OWNER, list(VERBS)],
    )
    assert rows.fetchall() == []


@pytest.mark.proves("KRN-11")
def test_the_application_deletes_only_what_has_no_history(admin: Admin):
    granted = _granted(admin)
    assert {
        table for (role, table), verbs in granted.items() if role == roles.APP and "DELETE" in verbs
    } == DELETABLE


@pytest.mark.proves("KRN-05")
def test_nobody_may_change_a_log(admin: Admin):
    """Only the archivist, into which nobody steps, takes out months that were archived (KRN-15)."""
    granted = _granted(admin)
    offences = {
        (role, table): verbs & {"UPDATE", "DELETE"}
        for (role, table), verbs in granted.items()
        if table in LOGS and verbs & {"UPDATE", "DELETE"}
    }
    archived = ("audit_events", "login_events", "record_accesses")
    assert offences == {
        **{("restartix_archivist", table): {"DELETE"} for table in archived},
        # What became of held times is forgotten after ninety days; a policy and a trigger keep the rest (SCH-09).
        ("restartix_dispatch", "hold_events"): {"DELETE"},
    }


def test_keys_of_clinic_tables_begin_with_the_clinic():
    for table in clinic_tables():
        assert [column.name for column in table.primary_key] == ["org_id", "id"], table.name


def test_uniqueness_never_reaches_across_clinics(admin: Admin):
    """A unique key without the clinic tells one clinic that another has such a row."""
    names = [table.name for table in clinic_tables()]
    rows = admin.execute(
        """SELECT t.relname, i.relname AS name,
               array(SELECT a.attname FROM unnest(x.indkey::int2[]) WITH ORDINALITY k(n, p)
               LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.n ORDER BY p) AS columns
           FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
           WHERE (x.indisunique OR x.indisexclusion) AND t.relname = ANY(%s)""",
        [names],
    ).fetchall()
    assert len(rows) >= len(names)
    across = {row["name"] for row in rows if row["columns"][0] != "org_id"}
    assert across == UNIQUE_WITHOUT_CLINIC.keys()


def test_references_inside_a_clinic_carry_the_clinic(admin: Admin):
    """A plain reference accepts another clinic's row: the check of a foreign key looks past row-level security."""
    of_kind = kinds()
    wrong = [
        f"{table.name}.{key.column_keys} -> {key.referred_table.name}"
        for table in clinic_tables()
        for key in table.foreign_key_constraints
        if of_kind[key.referred_table.name] == "clinic"
        and (key.column_keys[0] != "org_id" or key.elements[0].column.name != "org_id")
    ]
    assert wrong == []
    elsewhere = {
        key.referred_table.name
        for table in clinic_tables()
        for key in table.foreign_key_constraints
        if of_kind[key.referred_table.name] != "clinic"
    }
    assert elsewhere <= SHARED_TARGETS


def test_no_identifier_is_a_reference_in_name_only():
    """A column that names a row without a key to it could name another clinic's."""
    plain = {
        f"{table.name}.{column.name}"
        for table in clinic_tables()
        for column in table.columns
        if isinstance(column.type, Uuid) and column.name not in ("org_id", "id")
        if not any(column.name in key.column_keys for key in table.foreign_key_constraints)
    }
    assert plain == PLAIN_IDENTIFIERS.keys()


def test_every_clinic_table_has_an_index_led_by_its_clinic(admin: Admin):
    rows = admin.execute(
        """SELECT DISTINCT t.relname FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid
           JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
           WHERE a.attname = 'org_id' AND x.indpred IS NULL AND x.indisvalid"""
    )
    assert {table.name for table in clinic_tables()} <= {row["relname"] for row in rows}


def test_definer_functions_are_the_resolvers_and_one_of_the_archivist(admin: Admin):
    rows = admin.execute(
        """SELECT p.proname, pg_get_userbyid(p.proowner) AS owner, p.proconfig, p.provolatile,
                  has_function_privilege('public', p.oid, 'EXECUTE') AS everybody
           FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace"""
    ).fetchall()
    texts = [one.read_text() for one in (MIGRATIONS / "policies").glob("resolvers*.sql")]
    declared = re.findall(r"CREATE FUNCTION (\w+)", "\n".join(texts))
    assert {row["proname"] for row in rows} == {*declared, "remove_archived"}
    for row in rows:
        archives = row["proname"] == "remove_archived"
        assert row["owner"] == ("restartix_archivist" if archives else "restartix_resolver"), row
        assert row["proconfig"] == ["search_path=public, pg_temp"], row
        assert row["provolatile"] == ("v" if archives else "s"), row
        assert row["everybody"] is False, row


def test_no_function_is_open_to_everybody(admin: Admin):
    rows = admin.execute(
        """SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
           AND has_function_privilege('public', oid, 'EXECUTE')
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = pg_proc.oid AND d.deptype = 'e')"""
    )
    assert rows.fetchall() == []


def test_views_ask_as_their_reader(admin: Admin):
    """A view asks with its owner's rights unless told otherwise; a materialised view has no row-level security."""
    rows = admin.execute(
        """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND (relkind = 'm' OR
           (relkind = 'v' AND NOT coalesce(reloptions @> ARRAY['security_invoker=true'], false)))"""
    )
    assert rows.fetchall() == []


def _granted(admin: Admin) -> dict[tuple[str, str], set[str]]:
    """Verbs by role and table; a right on single columns counts."""
    rows = admin.execute(
        """SELECT DISTINCT grantee, table_name, privilege_type FROM information_schema.column_privileges
           WHERE table_schema = 'public' AND grantee <> %s
           UNION SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants
           WHERE table_schema = 'public' AND grantee <> %s""",
        [roles.OWNER, roles.OWNER],
    )
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        if row["privilege_type"] in VERBS:
            found[str(row["grantee"]), str(row["table_name"])].add(str(row["privilege_type"]))
    return found


def _policed(admin: Admin) -> dict[tuple[str, str], set[str]]:
    """Verbs that some policy lets through, by role and table."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in admin.execute("SELECT tablename, roles, cmd FROM pg_policies"):
        for role in row["roles"]:
            found[role, row["tablename"]] |= set(VERBS) if row["cmd"] == "ALL" else {row["cmd"]}
    return found
