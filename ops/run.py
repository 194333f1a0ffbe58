"""What `make run` does: servers, migrations, demo data, then the Procfile until Ctrl-C. Needs the venv."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from config import Settings, SettingsError
from ops import catalogues, environment, local_secrets, migrations
from ops.disk import require_space
from ops.environment import Ports
from ops.errors import OpsError
from ops.left_overs import stop_left_overs
from ops.lock import RunLock
from ops.paths import ROOT, VAR, make_private, venv_binary
from ops.ports import holder, is_free
from ops.servers import Servers
from ops.supervisor import supervise

RUN_MEGABYTES = 300
SEEDED = "demo data"
STARTED = time.monotonic()


def run(base: Mapping[str, str], var: Path = VAR) -> None:
    """Run the system until it is asked to stop. OpsError or SettingsError say in one line why it cannot."""
    ports = Ports.of(base)
    with ExitStack() as stack:
        make_private(var)
        lock = stack.enter_context(RunLock(var / "run.lock"))
        stop_left_overs(var)
        require_space(var, RUN_MEGABYTES, "running")
        _require_ports(ports)
        secrets = _secrets(base, var)
        servers = Servers.needed(base, var, secrets)
        stack.callback(_step, "Redis and PostgreSQL stopped", servers.stop)
        _step("PostgreSQL and Redis", servers.start)
        settings = environment.process_environment(base, ports, var, servers.addresses(), secrets)
        Settings.from_env(settings)
        environment.write(var / "run.env", settings, base)
        stack.callback((var / "run.env").unlink, missing_ok=True)
        _prepare(settings)
        lock.describe([settings["BASE_URL"], settings["TELEMETRY_URL"]])
        # Runs before the servers stop: nothing may still be writing to them.
        stack.callback(stop_left_overs, var)
        health = f"http://127.0.0.1:{ports.web}/healthz"
        supervise(settings, health, lambda: _announce(settings))


def _secrets(base: Mapping[str, str], var: Path) -> dict[str, str]:
    """Local secrets; none in production mode, where config.Settings then names what is missing."""
    if base.get("MODE") != "production":
        return local_secrets.load(var / "secrets.env")
    for name in ("DATABASE_URL", "REDIS_URL"):
        if not base.get(name):
            raise OpsError(f"{name} is not set: production mode starts no embedded server")
    return {}


def _require_ports(ports: Ports) -> None:
    for name, port in (("WEB_PORT", ports.web), ("TELEMETRY_PORT", ports.telemetry)):
        if not is_free(port):
            raise OpsError(
                f"Port {port} is in use by {holder(port)}: stop that, or choose another with {name}=PORT make run"
            )


def _prepare(settings: Mapping[str, str]) -> None:
    catalogues.compile_stale()
    owner_url = settings.get("DATABASE_OWNER_URL")
    if not owner_url:
        print("  migrations: left alone, DATABASE_OWNER_URL is not set", flush=True)
        return
    if migrations.current(owner_url) != migrations.heads():
        _step("migrations", lambda: _flask(settings, "db", "upgrade"))
    if _wants_demo(settings) and not _is_seeded(owner_url):
        _step("demo clinics", lambda: _seed(settings, owner_url))


def _wants_demo(settings: Mapping[str, str]) -> bool:
    return settings.get("MODE") != "production" and settings.get("DEMO", "on") != "off"


def _seed(settings: Mapping[str, str], owner_url: str) -> None:
    _flask(settings, "demo", "seed")
    with psycopg.connect(owner_url) as connection:
        name = sql.Identifier(connection.info.dbname)
        statement = sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(SEEDED))
        connection.execute(statement)


def _is_seeded(owner_url: str) -> bool:
    """Remembered in the database itself, so that a restored or replaced database is judged by what it holds."""
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
    with psycopg.connect(owner_url) as connection:
        return connection.execute(query).fetchone() == (SEEDED,)


def _flask(settings: Mapping[str, str], *arguments: str) -> str:
    """A command of the application; its last line becomes the message when it fails."""
    command = [str(venv_binary("flask")), "--app", "app", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=dict(settings), capture_output=True, text=True, check=False
    )
    if done.returncode:
        log = VAR / "last-error.log"
        log.write_text(done.stdout + done.stderr)
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise OpsError(
            f"flask {' '.join(arguments)} failed: {lines[-1] if lines else 'no output'} (all of it: {log})"
        )
    return done.stdout


def _announce(settings: Mapping[str, str]) -> None:
    try:
        logins = _flask(settings, "demo", "logins") if _wants_demo(settings) else ""
    except OpsError as error:
        logins = str(error)
    seconds = time.monotonic() - STARTED
    print(
        f"\nRestartiX is open at {settings['BASE_URL']} ({seconds:.1f} s). Ctrl-C stops it.\n\n{logins}",
        flush=True,
    )


def _step(what: str, work: Callable[[], Any]) -> None:
    started = time.monotonic()
    work()
    print(f"  {what}: {time.monotonic() - started:.1f} s", flush=True)


def main() -> int:
    """Exit code 0 when asked to stop, 1 with one line when something is wrong; KeyboardInterrupt passes."""
    try:
        run(dict(os.environ))
    except (OpsError, SettingsError, psycopg.OperationalError) as error:
        print(str(error).strip().splitlines()[0], file=sys.stderr)
        return 1
    return 0
