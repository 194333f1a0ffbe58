"""The actor: who does something, in which clinic, with which permissions, from where.

Actions take an actor as an argument; nothing below the web asks for a current user.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace

from app.kernel.access.permissions import Permission
from app.lib.errors import Refused

STAFF = "staff"
PATIENT = "patient"
GUEST = "guest"
KIOSK = "kiosk"
PLATFORM = "platform"
SERVICE = "service"
SYSTEM = "system"
KINDS = (STAFF, PATIENT, GUEST, KIOSK, PLATFORM, SERVICE, SYSTEM)


@dataclass(frozen=True)
class Origin:
    """Where a request came from; evidence for audit and signatures (SIG-02)."""

    ip: str | None = None
    user_agent: str | None = None
    request_id: str | None = None


@dataclass(frozen=True)
class Actor:
    """Who acts. `on_behalf_of` is the patient whom a staff member acts for (KRN-14)."""

    kind: str
    org_id: uuid.UUID | None
    human_id: uuid.UUID | None = None
    permissions: frozenset[str] = frozenset()
    own_patients_only: bool = False
    specialist_id: uuid.UUID | None = None
    on_behalf_of: uuid.UUID | None = None
    elevated_id: uuid.UUID | None = None
    origin: Origin = field(default_factory=Origin)

    def may(self, permission: Permission) -> bool:
        """Whether the actor holds the permission in this clinic."""
        return permission.code in self.permissions

    def demand(self, permission: Permission) -> None:
        """Raise Refused unless the actor holds the permission."""
        if not self.may(permission):
            raise Refused("permission_missing", permission=permission.code)

    @property
    def clinic(self) -> uuid.UUID:
        """The clinic acted in; an actor outside any clinic cannot ask for it."""
        if self.org_id is None:
            raise Refused("no_clinic")
        return self.org_id

    def acting_for(self, patient_id: uuid.UUID) -> Actor:
        """The same person, now acting for a patient."""
        return replace(self, on_behalf_of=patient_id)


def system(org_id: uuid.UUID | None) -> Actor:
    """The product itself: jobs, subscribers and the demo."""
    return Actor(kind=SYSTEM, org_id=org_id)
