"""The life of a visit: which verb leads from which state to which, and for whom (APT-01, APT-05).

Payment is a state of its own, a move to another time is an event and no state, a draft is a hold: these seven are all.
"""

from __future__ import annotations

from app.kernel.access.actor import GUEST, PATIENT, PLATFORM, SERVICE, STAFF, SYSTEM
from app.lib.states import Machine

BOOKED = "booked"
UPCOMING = "upcoming"
CONFIRMED = "confirmed"
IN_PROGRESS = "in_progress"
DONE = "done"
CANCELLED = "cancelled"
NO_SHOW = "no_show"
STATES = (BOOKED, UPCOMING, CONFIRMED, IN_PROGRESS, DONE, CANCELLED, NO_SHOW)
OPEN = (BOOKED, UPCOMING, CONFIRMED)
TAKES_TIME = (BOOKED, UPCOMING, CONFIRMED, IN_PROGRESS, DONE)

_DESK = (STAFF, SYSTEM)
_ANYBODY = (STAFF, SYSTEM, PATIENT, GUEST)
NOBODY_ELSE = (PLATFORM, SERVICE)

MACHINE = Machine(
    "appointment",
    BOOKED,
    {
        (BOOKED, "onboard"): (UPCOMING, _DESK),
        (BOOKED, "confirm"): (CONFIRMED, _ANYBODY),
        (UPCOMING, "confirm"): (CONFIRMED, _ANYBODY),
        (BOOKED, "start"): (IN_PROGRESS, _DESK),
        (UPCOMING, "start"): (IN_PROGRESS, _DESK),
        (CONFIRMED, "start"): (IN_PROGRESS, _DESK),
        (IN_PROGRESS, "finish"): (DONE, _DESK),
        (BOOKED, "cancel"): (CANCELLED, _ANYBODY),
        (UPCOMING, "cancel"): (CANCELLED, _ANYBODY),
        (CONFIRMED, "cancel"): (CANCELLED, _ANYBODY),
        (BOOKED, "miss"): (NO_SHOW, _DESK),
        (UPCOMING, "miss"): (NO_SHOW, _DESK),
        (CONFIRMED, "miss"): (NO_SHOW, _DESK),
        (NO_SHOW, "excuse"): (UPCOMING, _DESK),
        (CANCELLED, "restore"): (UPCOMING, _DESK),
    },
)
