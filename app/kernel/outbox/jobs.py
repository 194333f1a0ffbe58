"""The outbox by the clock: how much waits is told to the metrics even while every dispatcher is busy."""

from __future__ import annotations

from app.kernel.jobs import Surroundings, every
from app.kernel.outbox.dispatch import measure


@every("outbox.measure", minute="*")
def look(surroundings: Surroundings) -> None:
    """Count what waits, and since when."""
    measure(surroundings.sessions, surroundings.clock)
