"""What stands between a patient and a measured exercise: the clinic's capabilities and the patient's consent."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.consents import queries as consents
from app.kernel import capabilities
from app.kernel.capabilities import Capability
from app.kernel.capabilities.gate import CapabilityState
from app.telerehab.actions import BIOMETRIC

OFF, PAUSED = "off", "paused"


@dataclass(frozen=True, slots=True)
class Readiness:
    """`exercises` and `camera` are None where the clinic may use them, else "off" or "paused"."""

    exercises: str | None
    camera: str | None
    paused_until: dt.datetime | None
    consented: bool

    @property
    def ready(self) -> bool:
        """Whether a measured session could start now."""
        return self.exercises is None and self.camera is None and self.consented


def readiness(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> Readiness:
    """How things stand for this patient in this clinic."""
    states = capabilities.states(session, org_id)
    telerehab = states[Capability.TELEREHAB]
    camera = states[Capability.CAMERA_MEASUREMENT]
    return Readiness(
        exercises=_hindrance(telerehab),
        camera=_hindrance(camera),
        paused_until=telerehab.pause_expected_end or camera.pause_expected_end,
        consented=consents.has(session, org_id, patient_id, BIOMETRIC),
    )


def _hindrance(state: CapabilityState) -> str | None:
    if state.enabled:
        return None
    return PAUSED if state.paused_at is not None else OFF
