"""The loop that keeps the outbox empty: on each wake-up, and every other second in any case (KRN-06).

It needs Postgres only: with Redis away it goes on by the clock, with Postgres away it waits for its return.
"""

from __future__ import annotations

import datetime as dt
import threading

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from app.kernel.logs import logger
from app.kernel.metrics import timed_job
from app.kernel.outbox.dispatch import LEASE, drain, measure
from app.kernel.outbox.waking import Alarm
from app.lib.clock import Clock

POLL_SECONDS = 2.0
log = logger(__name__)


class Dispatcher(threading.Thread):
    """One thread of dispatching; several share the work, and a slow provider holds up only one of them."""

    def __init__(
        self,
        name: str,
        sessions: sessionmaker[Session],
        clock: Clock,
        alarm: Alarm,
        stop: threading.Event,
        lease: dt.timedelta = LEASE,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._sessions = sessions
        self._clock = clock
        self._alarm = alarm
        self._stop_asked = stop
        self._lease = lease

    def run(self) -> None:
        """Until asked to end. An event that is being handled is finished first."""
        while not self._stop_asked.is_set():
            self._turn()
            self._alarm.sleep(POLL_SECONDS)
        self._alarm.close()

    def _turn(self) -> None:
        try:
            with timed_job("outbox"):
                drain(
                    self._sessions,
                    self._clock,
                    lease=self._lease,
                    stopped=self._stop_asked.is_set,
                )
            measure(self._sessions, self._clock)
        except SQLAlchemyError as error:
            log.warning("dispatcher_waits", error=type(error).__name__)
        except Exception:
            log.exception("dispatcher_failed")
