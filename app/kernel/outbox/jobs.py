"""The outbox by the clock: how much waits is told to the metrics, and what was done a month ago is swept out."""

from __future__ import annotations

from app.kernel.jobs import Surroundings, every
from app.kernel.outbox.dispatch import measure
from app.kernel.outbox.purge import purge


@every("outbox.measure", minute="*")
def look(surroundings: Surroundings) -> None:
    """Count what waits, and since when, even while every dispatcher is busy."""
    measure(surroundings.sessions, surroundings.clock)


@every("outbox.purge", minute="40", hour="2")
def sweep(surroundings: Surroundings) -> None:
    """Handled events older than KEPT."""
    purge(surroundings.sessions, surroundings.clock)
