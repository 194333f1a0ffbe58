"""The product as it runs: the real web server, and on wish the worker, over a database that commits.

For tests that need more than one process or connection: browser, journeys without script, races, killed workers.
Everything in `live` is shared by the tests of one test process, so each test makes clinics of its own.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from app.kernel import crypto
from app.kernel.db.handle import driver_url, engine_options
from app.kernel.tenancy.scope import NOBODY, Scope, enter
from ops.paths import ROOT
from ops.ports import LOOPBACK, free_port
from ops.supervisor import answers
from tests.support.databases import DatabaseUrls, settings_env
from tests.support.services import DatabaseFactory

WEB_SERVER = ("-m", "gunicorn", "--config", "ops/gunicorn_settings.py", "wsgi:application")
START_SECONDS = 60.0
STOP_SECONDS = 15.0
Result = TypeVar("Result")


@dataclass
class Program:
    """A process of the product with its log."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    def output(self) -> str:
        """What it has logged so far."""
        return self.log.read_text(errors="replace")


@dataclass
class Live:
    """A running system."""

    base_url: str
    database: DatabaseUrls
    redis_url: str
    env: dict[str, str]
    folder: Path
    engine: Engine
    _started: list[Program] = field(default_factory=list)

    @property
    def sessions(self) -> sessionmaker[Session]:
        """Sessions of the application role that commit."""
        return sessionmaker(self.engine, expire_on_commit=False)

    def run(self, work: Callable[[Session], Result], scope: Scope = NOBODY) -> Result:
        """Do something in a transaction of its own and commit it; what the product's actions need, no web."""
        with self.sessions() as session:
            enter(session, scope)
            result = work(session)
            session.commit()
        return result

    def start(self, *command: str, **settings: str) -> Program:
        """Start a Python program of the product (`-m`, `app.worker`) with this system's settings."""
        log = self.folder / f"process-{len(self._started)}.log"
        with log.open("wb") as handle:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env={**self.env, **settings},
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
            )
        program = Program(process, log)
        self._started.append(program)
        return program

    @contextmanager
    def worker(self, **settings: str) -> Iterator[Program]:
        """A worker for the length of a block."""
        program = self.start("-m", "app.worker", **settings)
        try:
            wait_until(lambda: "worker_started" in program.output(), program)
            yield program
        finally:
            program.kill()

    def close(self) -> None:
        """End whatever still runs."""
        for program in self._started:
            if program.process.poll() is None:
                program.kill()
        self.engine.dispose()


def wait_until(
    condition: Callable[[], bool], program: Program | None = None, seconds: float = START_SECONDS
) -> None:
    """Wait for something that another process does; fails with that process's log when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        ended = program is not None and program.process.poll() is not None
        if ended or time.monotonic() > deadline:
            log = program.output()[-4000:] if program is not None else ""
            pytest.fail(f"{'the process ended' if ended else 'nothing came'}\n{log}")
        time.sleep(0.02)


@pytest.fixture(scope="session")
def live_system(
    database_factory: DatabaseFactory,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Live]:
    """Database, settings and processes on demand; no web server yet."""
    folder = tmp_path_factory.mktemp("live")
    port = free_port()
    base_url = f"http://{LOOPBACK}:{port}"
    with database_factory() as urls:
        own = settings_env(urls, redis_url) | {
            "STORAGE": f"disk:{folder / 'blobs'}",
            "BASE_URL": base_url,
            "WEB_PORT": str(port),
            "WEB_WORKERS": "1",
        }
        crypto.install(own["ENCRYPTION_KEYS"])
        engine = create_engine(driver_url(urls.app), **engine_options(4))
        system = Live(base_url, urls, redis_url, {**os.environ, **own}, folder, engine)
        yield system
        system.close()


@pytest.fixture(scope="session")
def live(live_system: Live) -> Live:
    """The same with the web server answering at `base_url`."""
    web = live_system.start(*WEB_SERVER)
    wait_until(lambda: answers(f"{live_system.base_url}/healthz"), web)
    return live_system
