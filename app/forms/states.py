"""The life of a form (FRM-03): pending, in progress, completed, signed; voided before that, never after."""

from __future__ import annotations

from app.kernel.access.actor import KIOSK, PATIENT, STAFF, SYSTEM
from app.lib.states import Machine

PENDING, IN_PROGRESS, COMPLETED = "pending", "in_progress", "completed"
SIGNED, VOIDED = "signed", "voided"
OPEN_STATES = (PENDING, IN_PROGRESS, COMPLETED)

_READER = (KIOSK, PATIENT)
_DESK = (STAFF, SYSTEM)

MACHINE = Machine(
    "form",
    PENDING,
    {
        (PENDING, "start"): (IN_PROGRESS, _READER),
        (IN_PROGRESS, "complete"): (COMPLETED, _READER),
        (COMPLETED, "reopen"): (IN_PROGRESS, _READER),
        (COMPLETED, "sign"): (SIGNED, _READER),
        (PENDING, "void"): (VOIDED, _DESK),
        (IN_PROGRESS, "void"): (VOIDED, _DESK),
        (COMPLETED, "void"): (VOIDED, _DESK),
    },
)
