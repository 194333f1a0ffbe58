"""The one question that clinical code asks, and its answer with reasons."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.capabilities.models import CapabilityClearance, ClinicCapability
from app.lib.errors import Refused


class Capability(StrEnum):
    """The regulated features (001, principle 5)."""

    TELEREHAB = "telerehab"
    VIDEO = "video"
    CAMERA_MEASUREMENT = "camera_measurement"


@dataclass(frozen=True)
class CapabilityState:
    """The three inputs of a capability of one clinic."""

    capability: Capability
    cleared: bool
    granted: bool
    paused_at: dt.datetime | None = None
    pause_reason: str | None = None
    pause_expected_end: dt.datetime | None = None

    @property
    def enabled(self) -> bool:
        return self.cleared and self.granted and self.paused_at is None


def states(session: Session, org_id: uuid.UUID) -> dict[Capability, CapabilityState]:
    """Every capability of a clinic; those without a row are off."""
    cleared = set(session.scalars(select(CapabilityClearance.capability)))
    rows = {
        row.capability: row
        for row in session.scalars(
            select(ClinicCapability).where(ClinicCapability.org_id == org_id)
        )
    }
    return {code: _state(code, code in cleared, rows.get(code)) for code in Capability}


def _state(code: Capability, cleared: bool, row: ClinicCapability | None) -> CapabilityState:
    if row is None:
        return CapabilityState(code, cleared, granted=False)
    return CapabilityState(
        code, cleared, row.granted, row.paused_at, row.pause_reason, row.pause_expected_end
    )


def enabled(session: Session, org_id: uuid.UUID, capability: Capability) -> bool:
    """Whether the clinic may use the capability now."""
    return states(session, org_id)[capability].enabled


def demand(session: Session, org_id: uuid.UUID, capability: Capability) -> None:
    """Raise Refused with code `capability_off` or `capability_paused` unless it may be used."""
    state = states(session, org_id)[capability]
    if state.enabled:
        return
    if state.paused_at is not None:
        raise Refused(
            "capability_paused",
            capability=capability.value,
            reason=state.pause_reason,
            expected_end=state.pause_expected_end,
        )
    raise Refused("capability_off", capability=capability.value)
