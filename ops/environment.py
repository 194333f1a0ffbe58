"""The settings under which a local system's processes run. Standard library only.

What the operator sets in the environment always wins; the rest comes from the embedded servers and var/secrets.env.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from ops.errors import OpsError
from ops.paths import VENV

DEFAULT_WEB_PORT = 8000
DEFAULT_TELEMETRY_PORT = 8001
# Marks the processes of one system, so that a later start can tell its own left-overs from anybody else's processes.
MARK = "RESTARTIX_SYSTEM"
# Every setting that config.Settings or telemetry reads (a test compares), so that tests start from none of them.
SETTING_NAMES = frozenset(
    {
        "MODE",
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "DATABASE_POOL_SIZE",
        "REDIS_URL",
        "STORAGE",
        "SECRET_KEY",
        "ENCRYPTION_KEYS",
        "BASE_URL",
        "APP_URL",
        "SMTP_URL",
        "LOG_LEVEL",
        "TELEMETRY_URL",
        "TELEMETRY_SPOOL",
        "TELEMETRY_TOKEN_SECRET",
        "TELEMETRY_SERVICE_SECRET",
    }
)
NOT_FOR_PROCESSES = ("POSTGRES_PASSWORD", "DATABASE_OWNER_PASSWORD", "DATABASE_APP_PASSWORD")


@dataclass(frozen=True)
class Ports:
    """Where web and telemetry listen."""

    web: int
    telemetry: int

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Ports:
        """From WEB_PORT and TELEMETRY_PORT; OpsError when one is no port or both are the same."""
        web = _port(environment, "WEB_PORT", DEFAULT_WEB_PORT)
        telemetry = _port(environment, "TELEMETRY_PORT", DEFAULT_TELEMETRY_PORT)
        if web == telemetry:
            raise OpsError(
                f"WEB_PORT and TELEMETRY_PORT are both {web}: choose two different ports"
            )
        return cls(web, telemetry)


def process_environment(
    base: Mapping[str, str],
    ports: Ports,
    var: Path,
    addresses: Mapping[str, str],
    secrets: Mapping[str, str],
) -> dict[str, str]:
    """Environment of web, worker and telemetry: operator's settings over embedded servers over local secrets."""
    local = {name: value for name, value in secrets.items() if name not in NOT_FOR_PROCESSES}
    defaults = {
        "BASE_URL": f"http://127.0.0.1:{ports.web}",
        "APP_URL": f"http://127.0.0.1:{ports.web}",
        "TELEMETRY_URL": f"http://127.0.0.1:{ports.telemetry}",
        "TELEMETRY_SPOOL": f"disk:{var / 'spool'}",
        "STORAGE": f"disk:{var / 'blobs'}",
        **local,
        **addresses,
    }
    fixed = {
        "WEB_PORT": str(ports.web),
        "TELEMETRY_PORT": str(ports.telemetry),
        "PATH": f"{VENV / 'bin'}{os.pathsep}{base.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(VENV),
        "PYTHONUNBUFFERED": "1",
        MARK: str(var),
    }
    given = {
        name: value
        for name, value in base.items()
        # Without stored bytecode every start would compile some thousand modules: seconds instead of tenths.
        if (value or name not in defaults) and name != "PYTHONDONTWRITEBYTECODE"
    }
    return {**defaults, **given, **fixed}


def write(path: Path, environment: Mapping[str, str], base: Mapping[str, str]) -> None:
    """Keep what was added to the operator's environment, for `python -m ops.environment COMMAND`."""
    added = {k: v for k, v in environment.items() if base.get(k) != v and k != "PATH"}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.writelines(f"{name}={value}\n" for name, value in added.items())


def read(path: Path) -> dict[str, str]:
    """The settings of the running system; OpsError when none runs."""
    if not path.exists():
        raise OpsError("No system is running here: start one with make run")
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "").strip() or str(default)
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise OpsError(f"{name} must be a port number from 1 to 65535, not '{text}'")
    return int(text)


def run_within(command: list[str], path: Path) -> NoReturn:
    """Replace this process by `command`, run with the settings of the system that runs here."""
    environment = {**os.environ, **read(path)}
    environment["PATH"] = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    os.execvpe(command[0], command, environment)  # noqa: S606 - no shell is wanted.
