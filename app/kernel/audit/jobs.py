"""The logs' old months, once a night."""

from __future__ import annotations

from app.kernel.audit.archive import archive_all
from app.kernel.jobs import Surroundings, every


@every("audit.archive", minute="20", hour="2")
def pack_away(surroundings: Surroundings) -> None:
    """Archive what is due."""
    for _ in archive_all(surroundings.sessions, surroundings.blobs, surroundings.clock):
        continue
