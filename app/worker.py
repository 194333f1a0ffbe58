"""The worker: dispatchers of the outbox and the consumer of periodic jobs, in one process (`python -m app.worker`)."""

from __future__ import annotations

import datetime as dt
import signal
import sys
import threading
from types import FrameType

from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from app.factory import create_app
from app.kernel import jobs, redis
from app.kernel.db import db
from app.kernel.logs import logger
from app.kernel.outbox.dispatch import LEASE
from app.kernel.outbox.dispatcher import Dispatcher
from app.kernel.outbox.listeners import load_listeners
from app.kernel.outbox.waking import Alarm
from config import SettingsError

DISPATCHERS = 2
# Longer than the longest call to a provider (30 s), so that what was begun is finished.
FINISH_SECONDS = 35.0
log = logger(__name__)


def run(app: Flask, stop: threading.Event | None = None, lease: dt.timedelta = LEASE) -> None:
    """Work until `stop` is set or the process is asked to end; what was begun is finished first."""
    stop = stop or threading.Event()
    load_listeners()
    _end_on_signals(stop)
    settings, clock = app.config["SETTINGS"], app.extensions["clock"]
    with app.app_context():
        sessions = sessionmaker(db.engine, class_=Session, expire_on_commit=False)
    dispatchers = [
        Dispatcher(
            f"dispatcher-{number}", sessions, clock, _alarm(settings.redis_url, stop), stop, lease
        )
        for number in range(1, DISPATCHERS + 1)
    ]
    surroundings = jobs.Surroundings(sessions, clock, app.extensions["blobs"])
    consumer = jobs.consumer(settings.redis_url, surroundings)
    for dispatcher in dispatchers:
        dispatcher.start()
    consumer.start()
    log.info("worker_started", dispatchers=DISPATCHERS, jobs=len(jobs.registered()))
    stop.wait()
    consumer.stop(graceful=True)
    for dispatcher in dispatchers:
        dispatcher.join(FINISH_SECONDS)
    log.info("worker_ended")


def _alarm(redis_url: str, stop: threading.Event) -> Alarm:
    return Alarm(redis.connect(redis_url), stop)


def _end_on_signals(stop: threading.Event) -> None:
    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def main() -> int:
    """Command line. Exit code 1 with one line when a setting is wrong."""
    try:
        app = create_app()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - there is no logger before there are settings.
        return 1
    run(app)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
