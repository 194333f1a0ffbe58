"""Idempotency keys: the same request sent twice has one effect and one answer.

The key lives in the clinic's rows for ever; a key re-used with other content is refused.
"""

from app.kernel.idempotency.keys import Replay, answered, claim, settle

__all__ = ["Replay", "answered", "claim", "settle"]
