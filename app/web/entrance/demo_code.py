"""The current second-factor code of demo accounts, shown in development only so that a newcomer can get in."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.access.queries import clinics_of
from app.kernel.identity import totp
from app.kernel.identity.models import Human
from app.kernel.tenancy.models import Organization
from app.kernel.tenancy.scope import Scope, scoped
from app.web.http import context

DEMO_MAIL = ".demo"


def demo_code(session: Session, human: Human) -> str | None:
    """A code that will be accepted, or None unless this is development and the account a demo one."""
    if context.settings().mode != "development" or human.totp_secret is None:
        return None
    if not human.email.endswith(DEMO_MAIL) and not _works_in_demo_clinic(session, human):
        return None
    return totp.next_code(human.totp_secret, context.now(), human.totp_last_step)


def _works_in_demo_clinic(session: Session, human: Human) -> bool:
    return any(
        _is_demo(session, clinic.org_id, human)
        for clinic in clinics_of(session, human.id)
        if clinic.is_staff
    )


def _is_demo(session: Session, org_id: uuid.UUID, human: Human) -> bool:
    with scoped(session, Scope(org_id=org_id, human_id=human.id)):
        settings = session.scalar(select(Organization.settings).where(Organization.id == org_id))
    return bool(settings and settings.get("demo"))
