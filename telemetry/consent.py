"""The question that every batch asks first: may this be taken now?"""

from enum import Enum
from typing import Protocol

from telemetry.contract import CONSENT_WITHDRAWN, SCOPES


class ConsentUnknown(Exception):
    """The flag could not be read. Callers must not take data (fail closed)."""


class Consent(Enum):
    """GRANTED; MISSING: no flag (never granted, or expired); WITHDRAWN: taken back by the person."""

    GRANTED = "granted"
    MISSING = "missing"
    WITHDRAWN = "withdrawn"


class ConsentGate(Protocol):
    """Reads the flag that the application writes (contract.consent_key)."""

    async def ask(self, organization_id: str, session_id: str, scope: str) -> Consent:
        """The scope's state at this moment, never from a cache. Raises ConsentUnknown."""

    async def reachable(self) -> bool:
        """For the health check."""

    async def close(self) -> None:
        """Give connections back."""


def consent_from_flag(flag: str | None, scope: str) -> Consent:
    """Meaning of a flag's value. A value without the scope means that it was taken back."""
    if flag is None:
        return Consent.MISSING
    granted = set(flag.split(",")) & set(SCOPES)
    if flag != CONSENT_WITHDRAWN and scope in granted:
        return Consent.GRANTED
    return Consent.WITHDRAWN
