"""One migrated template database per state of migrations/, and quick clones of it, on a server we administer."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, urlsplit, urlunsplit

import psutil
import psycopg
from psycopg import sql

from ops import roles
from ops.paths import MIGRATIONS, ROOT

TEMPLATE_PREFIX = "restartix_template_"
DATABASE_PREFIX = "restartix_test_"
TEMPLATE_LOCK = 7263154802


@dataclass(frozen=True)
class DatabaseUrls:
    """The same database as the application role and as the owner of its tables."""

    app: str
    owner: str

    @property
    def name(self) -> str:
        return urlsplit(self.app).path.lstrip("/")


@dataclass(frozen=True)
class Cluster:
    """A Postgres server for tests, reached by an administrator who may create roles and databases."""

    admin_url: str

    def urls(self, name: str) -> DatabaseUrls:
        """Addresses of one database."""
        return DatabaseUrls(self._url(name, roles.APP), self._url(name, roles.OWNER))

    def admin_url_of(self, name: str) -> str:
        """The administrator's address of one database."""
        return urlunsplit(urlsplit(self.admin_url)._replace(path=f"/{name}"))

    @contextmanager
    def database(self, *, migrated: bool = True, dropped: bool = True) -> Iterator[DatabaseUrls]:
        """A database of one's own: a clone of the migrated template, or one with roles and no table.

        It is dropped afterwards, unless its whole server is thrown away.
        """
        name = f"{DATABASE_PREFIX}{os.getpid()}_{secrets.token_hex(4)}"
        with self._template() if migrated else self._template_of_nothing() as template:
            self._clone(template, name)
        try:
            yield self.urls(name)
        finally:
            if dropped:
                self.drop(name)

    def drop(self, name: str) -> None:
        """Drop a database even when somebody is still connected."""
        with self._admin() as admin:
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            admin.execute(statement.format(sql.Identifier(name)))

    def sweep(self) -> None:
        """Drop what killed test processes of this machine left behind, and templates of older migrations."""
        current = {_template_name(migrated=True), _template_name(migrated=False)}
        with self._admin() as admin:
            rows = admin.execute("SELECT datname FROM pg_database").fetchall()
        for (name,) in rows:
            if _is_left_over(name) or (name.startswith(TEMPLATE_PREFIX) and name not in current):
                with suppress(psycopg.Error):  # Another process may have dropped it first.
                    self.drop(name)

    @cached_property
    def passwords(self) -> dict[str, str]:
        """Passwords of the two login roles, the same for every process that knows the administrator's address."""
        key = (urlsplit(self.admin_url).password or "trust").encode()
        return {
            role: hmac.new(key, role.encode(), hashlib.sha256).hexdigest()
            for role in (roles.OWNER, roles.APP)
        }

    def _url(self, name: str, role: str) -> str:
        parts = urlsplit(self.admin_url)
        host = parts.netloc.rpartition("@")[2]
        login = f"{role}:{quote(self.passwords[role], safe='')}"
        return urlunsplit(parts._replace(netloc=f"{login}@{host}", path=f"/{name}"))

    @contextmanager
    def _admin(self) -> Iterator[psycopg.Connection[tuple[str, ...]]]:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            yield connection

    def _template(self) -> _Held:
        return _Held(self, migrated=True)

    def _template_of_nothing(self) -> _Held:
        return _Held(self, migrated=False)

    def _clone(self, template: str, name: str) -> None:
        new, old = sql.Identifier(name), sql.Identifier(template)
        owner, app = sql.Identifier(roles.OWNER), sql.Identifier(roles.APP)
        with self._admin() as admin:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
            admin.execute(statement.format(new, old, owner))
            # Rights on the database itself are not part of what a template hands on.
            admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(new))
            admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(new, app))


@dataclass
class _Held:
    """The template's name, made if needed, while nobody else may make, migrate or drop it."""

    cluster: Cluster
    migrated: bool

    def __enter__(self) -> str:
        self._connection = psycopg.connect(self.cluster.admin_url, autocommit=True)
        self._connection.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        name = _template_name(migrated=self.migrated)
        try:
            self._ensure(name)
        except BaseException:
            self._connection.close()
            raise
        return name

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _ensure(self, name: str) -> None:
        found = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
        row = self._connection.execute(found, [name]).fetchone()
        if row and row[0] == "ready":
            return
        self._refuse_real_system()
        self.cluster.drop(name)
        roles.ensure_database(self.cluster.admin_url, name)
        roles.apply_roles(self.cluster.admin_url_of(name))
        roles.set_passwords(self.cluster.admin_url, self.cluster.passwords)
        if self.migrated:
            upgrade(self.cluster.urls(name))
        comment = sql.SQL("COMMENT ON DATABASE {} IS 'ready'")
        self._connection.execute(comment.format(sql.Identifier(name)))

    def _refuse_real_system(self) -> None:
        """Setting the roles' passwords would lock a real system out of its own server."""
        owned = """SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = %s
                   AND NOT starts_with(datname, %s) AND NOT starts_with(datname, %s)"""
        row = self._connection.execute(
            owned, [roles.OWNER, DATABASE_PREFIX, TEMPLATE_PREFIX]
        ).fetchone()
        if row:
            raise RuntimeError(
                f"this server carries the real database {row[0]}: give tests a server of their own"
            )


def settings_env(urls: DatabaseUrls, redis_url: str = "redis://127.0.0.1:1/0") -> dict[str, str]:
    """Settings of a test process (mode `test`), as environment variables; see config.Settings."""
    return {
        "MODE": "test",
        "DATABASE_URL": urls.app,
        "DATABASE_OWNER_URL": urls.owner,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "test-" + "s" * 40,
        "ENCRYPTION_KEYS": "test:" + "dGVzdC1rZXktZm9yLXRlc3RzLW9ubHktMzItYnl0ZXM=",
        "TELEMETRY_TOKEN_SECRET": "test-" + "t" * 40,
        "TELEMETRY_SERVICE_SECRET": "test-" + "u" * 40,
    }


def upgrade(urls: DatabaseUrls, revision: str = "head", *, down: bool = False) -> None:
    """Run the migrations in a process of their own, as a deployment does. RuntimeError carries their output."""
    command = [
        sys.executable,
        "-m",
        "flask",
        "--app",
        "app",
        "db",
        "downgrade" if down else "upgrade",
        revision,
    ]
    environment = {**os.environ, **settings_env(urls)}
    done = subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode:
        raise RuntimeError(f"migrations failed:\n{done.stdout}\n{done.stderr}")


def _template_name(*, migrated: bool) -> str:
    digest = hashlib.sha256(b"migrated" if migrated else b"empty")
    for path in sorted(MIGRATIONS.rglob("*")):
        if path.suffix in {".py", ".sql"} and (migrated or path.name == "roles.sql"):
            digest.update(
                path.relative_to(MIGRATIONS).as_posix().encode() + b"\0" + path.read_bytes()
            )
    return TEMPLATE_PREFIX + digest.hexdigest()[:16]


def _is_left_over(name: str) -> bool:
    match = re.fullmatch(rf"{DATABASE_PREFIX}(\d+)_[0-9a-f]+", name)
    return bool(match) and not psutil.pid_exists(int(match[1]))
