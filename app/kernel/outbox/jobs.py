"""The outbox once more by the clock, should its dispatchers have died: late is better than never."""

from __future__ import annotations

from app.kernel.jobs import Surroundings, every
from app.kernel.outbox.dispatch import drain, measure


@every("outbox.drain", minute="*")
def empty(surroundings: Surroundings) -> None:
    """Handle what is open."""
    drain(surroundings.sessions, surroundings.clock)
    measure(surroundings.sessions, surroundings.clock)
