"""Periodic jobs: domains register them in their `jobs` modules, the worker's huey consumer runs them.

A job that must not be lost is no job but an event in the outbox: huey's queue lies in Redis, and Redis may be away.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from huey import RedisHuey, crontab
from huey.consumer import Consumer
from redis import ConnectionPool
from sqlalchemy.orm import Session, sessionmaker

from app.kernel.logs import logger
from app.kernel.metrics import timed_job
from app.kernel.storage.port import BlobStore
from app.lib.clock import Clock

QUEUE = "restartix"
READ_SECONDS = 1
SOCKET_SECONDS = 5
FINISH_SECONDS = 35
log = logger(__name__)


@dataclass(frozen=True)
class Surroundings:
    """What a job works with; it opens its own sessions and enters a scope in each."""

    sessions: sessionmaker[Session]
    clock: Clock
    blobs: BlobStore


Run = Callable[[Surroundings], None]


@dataclass(frozen=True)
class Job:
    """A job with its times, as in a crontab."""

    name: str
    times: dict[str, str]
    run: Run


_jobs: dict[str, Job] = {}


def every(name: str, **times: str) -> Callable[[Run], Run]:
    """Register a job: `@every("people.tidy", minute="0", hour="3")`, times in UTC as in a crontab."""

    def register(run: Run) -> Run:
        job = Job(name, times, run)
        if _jobs.setdefault(name, job).run is not run:
            raise ValueError(f"job {name} is registered twice")
        return run

    return register


def registered() -> list[Job]:
    """Every job, by name."""
    return [_jobs[name] for name in sorted(_jobs)]


class QuietConsumer(Consumer):  # type: ignore[misc] # huey is published without types.
    """Huey's consumer as a part of a process: the process decides about signals."""

    def _set_signal_handlers(self) -> None:
        """None of its own."""


class _OneLine(logging.Filter):
    """Huey prints a traceback with every try to reach Redis; the name of the error says as much."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0]:
            record.msg = f"{record.getMessage()} {record.exc_info[0].__name__}"
            record.args, record.exc_info = None, None
        return True


def _quieten() -> None:
    logging.getLogger("huey").setLevel(logging.WARNING)
    for part in ("Worker", "Scheduler"):
        logging.getLogger(f"huey.consumer.{part}").addFilter(_OneLine())


def consumer(redis_url: str, surroundings: Surroundings) -> QuietConsumer:
    """A consumer for every registered job. It connects when it is started, and outlives Redis' absence."""
    huey = RedisHuey(
        QUEUE,
        connection_pool=ConnectionPool.from_url(
            redis_url, socket_connect_timeout=1, socket_timeout=SOCKET_SECONDS
        ),
        utc=True,
        results=False,
        read_timeout=READ_SECONDS,
    )
    for job in registered():
        huey.periodic_task(crontab(**job.times), name=job.name)(_shell(job, surroundings))
    _quieten()
    return QuietConsumer(
        huey,
        workers=1,
        initial_delay=1,
        scheduler_interval=5,
        shutdown_timeout=FINISH_SECONDS,
    )


def _shell(job: Job, surroundings: Surroundings) -> Callable[[], Any]:
    def run() -> None:
        try:
            with timed_job(job.name):
                job.run(surroundings)
        except Exception:
            log.exception("job_failed", job=job.name)

    return run
