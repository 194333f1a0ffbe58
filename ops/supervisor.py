"""Runs the Procfile's processes under honcho and says when the web answers. Needs the virtual environment."""

from __future__ import annotations

import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from honcho.environ import parse_procfile
from honcho.manager import Manager

from ops.errors import OpsError
from ops.paths import PROCFILE, ROOT

READY_SECONDS = 60.0
POLL_SECONDS = 0.05
# Honcho answers a signal with 128 + its number: asked to stop is no failure.
ASKED_TO_STOP = frozenset({128 + signal.SIGINT, 128 + signal.SIGTERM})


class Supervisor(Manager):  # type: ignore[misc] # honcho is published without types.
    """Honcho's manager that calls `on_ready` once `health_url` answers."""

    def __init__(self, health_url: str, on_ready: Callable[[], None]) -> None:
        super().__init__()
        self._health_url = health_url
        self._on_ready = on_ready

    def add_procfile(self, environment: Mapping[str, str], path: Path = PROCFILE) -> None:
        """Add every line of a Procfile."""
        for name, command in parse_procfile(path.read_text(encoding="utf-8")).processes.items():
            self.add_process(name, command, env=dict(environment), cwd=str(ROOT))

    def terminate(self) -> None:
        """Stop every process; while some are still being started, as soon as they all have a number."""
        if self._all_started():
            super().terminate()
            return
        # By an alarm and not by a thread, since processes may still be forked.
        signal.signal(signal.SIGALRM, lambda *_: self.terminate())
        signal.setitimer(signal.ITIMER_REAL, POLL_SECONDS)

    def _start(self) -> None:
        # After the forks of the processes, so that no thread is alive while forking.
        super()._start()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and not self._terminating:
            if answers(self._health_url):
                self._on_ready()
                return
            time.sleep(POLL_SECONDS)


def answers(url: str) -> bool:
    """Whether the address answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own http address.
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def supervise(
    environment: Mapping[str, str],
    health_url: str,
    on_ready: Callable[[], None],
    procfile: Path = PROCFILE,
) -> None:
    """Run until asked to stop (returns) or until a process ends by itself (OpsError)."""
    manager = Supervisor(health_url, on_ready)
    manager.add_procfile(environment, procfile)
    # A closed terminal is a request to stop like any other.
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    manager.loop()
    if manager.returncode not in ASKED_TO_STOP:
        raise OpsError(
            f"A process ended by itself (code {manager.returncode}), so the system stopped; see above"
        )
