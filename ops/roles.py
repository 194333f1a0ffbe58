"""Roles, passwords and databases on a server we administer. Needs the virtual environment (psycopg)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import psycopg
from psycopg import sql

from ops.paths import MIGRATIONS

DATABASE = "restartix"
OWNER = "restartix_owner"
APP = "restartix_app"
ROLES = MIGRATIONS / "roles.sql"


def ensure_database(admin_url: str, name: str) -> bool:
    """Create the database where it is missing; whether it was."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        query = "SELECT count(*) FROM pg_database WHERE datname = %s"
        if admin.execute(query, [name]).fetchone() != (0,):
            return False
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return True


def apply_roles(database_url: str) -> None:
    """Run migrations/roles.sql in that database as an administrator."""
    with psycopg.connect(database_url) as admin:
        admin.execute(ROLES.read_bytes())


def fingerprint() -> str:
    """Hash of migrations/roles.sql."""
    return hashlib.sha256(ROLES.read_bytes()).hexdigest()


def set_passwords(admin_url: str, passwords: Mapping[str, str]) -> None:
    """Give login roles their passwords."""
    with psycopg.connect(admin_url) as admin:
        for role, password in passwords.items():
            statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
            admin.execute(statement.format(sql.Identifier(role), sql.Literal(password)))
