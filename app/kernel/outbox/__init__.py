"""Domain events through a transactional outbox: published if and only if committed (KRN-06).

Domains `emit` in their own transaction and `subscribe` handlers; the dispatcher in the worker runs them.
"""

from app.kernel.outbox.publish import emit
from app.kernel.outbox.registry import Event, at_once, subscribe

__all__ = ["Event", "at_once", "emit", "subscribe"]
