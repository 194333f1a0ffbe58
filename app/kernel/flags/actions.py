"""What the operator decides about feature flags (KRN-12)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel.access.actor import PLATFORM, SYSTEM, Actor
from app.kernel.flags.gate import Flag
from app.kernel.flags.models import FeatureFlag
from app.kernel.tenancy.actions import record_twice
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, scoped
from app.lib.errors import Refused
from app.lib.ids import uuid7


def switch(
    session: Session,
    actor: Actor,
    org_id: uuid.UUID,
    flag: Flag,
    *,
    enabled: bool,
    now: dt.datetime,
) -> None:
    """Open an ability for a clinic, or close it; both trails say so. Raises Refused for all but the operator."""
    if actor.kind not in (PLATFORM, SYSTEM):
        raise Refused("operator_only")
    values = {"enabled": enabled, "changed_at": now}
    with scoped(session, Scope(human_id=actor.human_id, role=PLATFORM_ROLE)):
        session.execute(
            insert(FeatureFlag)
            .values(org_id=org_id, id=uuid7(), flag=flag.code, created_at=now, **values)
            .on_conflict_do_update(index_elements=["org_id", "flag"], set_=values)
        )
        verb = "flag.open" if enabled else "flag.close"
        record_twice(session, actor, org_id, verb, at=now, after={"flag": flag.code})
