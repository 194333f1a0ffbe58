"""Migrations on a database of their own: up from nothing, down to nothing, up again, and nothing left to generate."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import psycopg
import pytest
from alembic.script import ScriptDirectory

from ops.paths import MIGRATIONS, ROOT
from tests.support.databases import settings_env, upgrade
from tests.support.services import DatabaseFactory


def test_revisions_are_one_chain():
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
    numbers = [script.revision for script in scripts.walk_revisions()]
    assert sorted(numbers, reverse=True) == numbers
    assert numbers[-1] == "0001"
    assert [int(number) for number in numbers] == list(range(len(numbers), 0, -1))


def test_up_down_up_and_nothing_left_to_generate(database_factory: DatabaseFactory):
    with database_factory(migrated=False) as urls:
        done = subprocess.run(
            [sys.executable, "-c", THERE_AND_BACK],
            check=False,
            cwd=ROOT,
            env={**os.environ, **settings_env(urls), "SCHEMA": SCHEMA},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        first, none, second = json.loads(done.stdout.splitlines()[-1])
    assert len(first) > 500
    assert none == []
    assert second == first


def test_a_lock_that_is_held_ends_the_migration_instead_of_the_clinic(
    database_factory: DatabaseFactory,
):
    """A migration that waits for a lock makes every later reader wait behind it; it gives up after five seconds."""
    with database_factory() as urls, psycopg.connect(urls.owner) as busy:
        busy.execute("LOCK TABLE patient_profiles IN ACCESS SHARE MODE")
        with pytest.raises(RuntimeError, match="lock timeout"):
            upgrade(urls, "0002", down=True)


SCHEMA = """
    SELECT 'column', table_name::text, column_name::text, data_type || is_nullable || coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    UNION ALL SELECT 'policy', tablename, policyname, concat(cmd, roles, qual, with_check) FROM pg_policies
    UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
    FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function', proname, '', pg_get_functiondef(oid) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass
    ORDER BY 1, 2, 3, 4
"""

# One process for the whole way: starting the application takes longer than migrating. `check` exits when models and
# database differ.
THERE_AND_BACK = """
import json, os
import psycopg
from flask_migrate import check, downgrade, upgrade
from app import create_app

def schema():
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        return connection.execute(os.environ["SCHEMA"]).fetchall()

with create_app().app_context():
    upgrade()
    check()
    found = [schema()]
    downgrade(revision="base")
    found.append(schema())
    upgrade()
    found.append(schema())
print(json.dumps(found))
"""
