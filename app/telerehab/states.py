"""The life of a pose session: from the token to the measurement."""

from __future__ import annotations

from app.kernel.access.actor import PATIENT, SERVICE, STAFF, SYSTEM
from app.lib.states import Machine

STARTED = "started"
ENDED = "ended"
MEASURED = "measured"
ABANDONED = "abandoned"

MACHINE = Machine(
    "pose_session",
    STARTED,
    {
        (STARTED, "end"): (ENDED, (PATIENT, STAFF, SYSTEM)),
        (STARTED, "measure"): (MEASURED, (SERVICE,)),
        (ENDED, "measure"): (MEASURED, (SERVICE,)),
        (STARTED, "abandon"): (ABANDONED, (SERVICE, SYSTEM)),
        (ENDED, "abandon"): (ABANDONED, (SERVICE, SYSTEM)),
    },
)
