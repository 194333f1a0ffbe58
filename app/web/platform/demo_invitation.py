"""The invitation of a clinic's first colleague, shown to the operator in development only, where no mail leaves.

Elsewhere the operator never sees it. Without it nobody could enter a clinic opened on a newcomer's own computer:
its sandbox outbox is read by its colleagues, of whom there is none yet.
"""

from __future__ import annotations

import re
import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.integrations.models import SandboxMessage
from app.kernel.access.directory import team
from app.kernel.tenancy.scope import Scope, scoped
from app.web.http import context

_LINK = re.compile(r"https?://\S+/sign-in/link/[\w-]+")


def demo_invitation(session: Session, org_id: uuid.UUID) -> str | None:
    """The address in the last invitation to somebody who has not come in yet; None outside development."""
    if context.settings().mode != "development":
        return None
    with scoped(session, Scope(org_id=org_id)):
        waiting = [one.email for one in team(session, org_id) if one.invited]
        bodies = session.scalars(
            select(SandboxMessage.body)
            .where(
                SandboxMessage.org_id == org_id,
                SandboxMessage.kind == "email",
                SandboxMessage.recipient.in_(waiting),
            )
            .order_by(SandboxMessage.sent_at.desc())
            .limit(5)
        )
        found = (_LINK.search(body) for body in bodies) if waiting else ()
        return next((one.group() for one in found if one), None)
