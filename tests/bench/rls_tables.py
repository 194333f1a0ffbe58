"""A platform's tables as they look after years, and every one of them once more without policies."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterator

import psycopg
from psycopg import sql

TWIN = "twin"
CLINICS, PATIENTS, PEOPLE = 40, 2_000, 2_000
# What reads tables by itself: its twin reads the twins, with the same rights.
FUNCTIONS = ("arrive", "profiles_of_human")

# The row once more for each n, with other values in some of its fields; what cannot stand twice is left out.
_COPIES = """
INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE
SELECT {values} FROM {source} x CROSS JOIN generate_series(1, {times}) n
CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, to_jsonb(x) || {changes}) copied
ON CONFLICT DO NOTHING
"""
_CLINIC = "('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))"
_PROFILE = "('10000000-0000-4000-8000-' || lpad(n::text, 12, '0'))"
_PATIENT = "('20000000-0000-4000-8000-' || lpad({}::text, 12, '0'))"
_EARLIER = """jsonb_build_object('starts_at', x.starts_at - n * interval '1 hour',
    'ends_at', x.ends_at - n * interval '1 hour')"""


def grow(owner: psycopg.Connection, org_id: uuid.UUID, visits: int) -> None:
    """Beside the clinic many like it; in it thousands of patients and `visits` of theirs; people who can sign in."""
    owner.execute("SET session_replication_role = replica")  # No triggers, no references looked up.
    own = f"(SELECT * FROM {{table}} WHERE org_id = '{org_id}')"
    organization = f"(SELECT * FROM organizations WHERE id = '{org_id}')"
    other = f"jsonb_build_object('id', {_CLINIC}, 'slug', 'other-' || n)"
    _copy(owner, "organizations", organization, other, CLINICS)
    for table in _tables(owner, with_column="org_id"):
        changes = f"jsonb_build_object('org_id', {_CLINIC})"
        _copy(owner, table, own.format(table=table), changes, CLINICS)
    _copy_patients(owner, own)
    patient = _PATIENT.format(f"(1 + n % {PATIENTS})")
    visit = f"jsonb_build_object('id', gen_random_uuid(), 'reference', 'B' || n, 'patient_id', {patient}) || {_EARLIER}"
    _copy(owner, "appointments", _one(own, "appointments"), visit, visits)
    taken = f"""jsonb_build_object('id', gen_random_uuid(), 'visit_starts_at', x.starts_at - n * interval '1 hour',
        'visit_ends_at', x.ends_at - n * interval '1 hour') || {_EARLIER}"""
    _copy(owner, "occupancies", own.format(table="occupancies"), taken, visits // 20)
    person = "jsonb_build_object('id', gen_random_uuid(), 'email', n || '@example.com')"
    _copy(owner, "humans", "(SELECT * FROM humans LIMIT 1)", person, PEOPLE)
    login = "jsonb_build_object('id', gen_random_uuid(), 'human_id', gen_random_uuid())"
    _copy(owner, "login_sessions", "(SELECT * FROM login_sessions LIMIT 1)", login, PEOPLE)


def _copy_patients(owner: psycopg.Connection, own: str) -> None:
    profile = f"jsonb_build_object('id', {_PROFILE}, 'human_id', NULL)"
    _copy(owner, "patient_profiles", "(SELECT * FROM patient_profiles LIMIT 1)", profile, PATIENTS)
    card = f"""jsonb_build_object('id', {_PATIENT.format("n")}, 'profile_id', {_PROFILE}, 'number', 1000 + n,
        'search_name', 'marin ' || n, 'search_text',
        CASE WHEN n % 20 = 0 THEN 'ana ' ELSE 'ion ' END || 'marin ' || n || ' marin@example.com 40722' || n)"""
    _copy(owner, "patients", _one(own, "patients"), card, PATIENTS)


def _one(own: str, table: str) -> str:
    return own.format(table=table).replace(")", " LIMIT 1)")


def _copy(owner: psycopg.Connection, table: str, source: str, changes: str, times: int) -> None:
    names = _columns(owner, table)
    owner.execute(
        sql.SQL(_COPIES).format(
            table=sql.Identifier(table),
            columns=sql.SQL(", ").join(map(sql.Identifier, names)),
            values=sql.SQL(", ").join(sql.Identifier("copied", name) for name in names),
            changes=sql.SQL(changes),
            source=sql.SQL(source),
            times=sql.Literal(times),
        )
    )


def twins(owner: psycopg.Connection, reader: str) -> frozenset[str]:
    """Every table once more in a schema of its own, with the same indexes and rows and no policies; their names."""
    schema = sql.Identifier(TWIN)
    owner.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
    names = frozenset(_tables(owner))
    for name in names:
        own, twin = sql.Identifier("public", name), sql.Identifier(TWIN, name)
        owner.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(twin, own))
        columns = sql.SQL(", ").join(map(sql.Identifier, _columns(owner, name)))
        owner.execute(
            sql.SQL("INSERT INTO {} ({c}) OVERRIDING SYSTEM VALUE SELECT {c} FROM {}").format(
                twin, own, c=columns
            )
        )
    role = sql.Identifier(reader)
    owner.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role))
    owner.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(schema, role))
    for name in names:
        for place in ("public", TWIN):
            owner.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(place, name)))
    for function in FUNCTIONS:
        _twin_of_function(owner, function, names)
    return names.union(FUNCTIONS)


def on_twins(statement: str, names: Collection[str]) -> str:
    """The same statement on what has no policies."""

    def twin(match: re.Match[str]) -> str:
        return f"{match[1]}{TWIN}.{match[2]}" if match[2] in names else match[0]

    return re.sub(r"(\b(?:FROM|JOIN)\s+)(\w+)\b", twin, statement)


def _twin_of_function(owner: psycopg.Connection, name: str, tables: Collection[str]) -> None:
    row = owner.execute("SELECT pg_get_functiondef(%s::regproc)", (name,)).fetchone()
    assert row is not None
    owner.execute(
        on_twins(row[0], tables)
        .replace(f"FUNCTION public.{name}", f"FUNCTION {TWIN}.{name}")
        .encode()
    )


def _tables(owner: psycopg.Connection, with_column: str | None = None) -> Iterator[str]:
    rows = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return (name for (name,) in rows if not with_column or with_column in _columns(owner, name))


def _columns(owner: psycopg.Connection, table: str) -> list[str]:
    rows = owner.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
        "AND NOT attisdropped AND attgenerated = ''",
        (f"public.{table}",),
    )
    return [name for (name,) in rows]
