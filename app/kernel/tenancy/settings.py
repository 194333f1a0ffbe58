"""What a clinic has settled for itself, by key; a domain says what its keys mean and what holds without them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.kernel.tenancy.models import Organization


def settings_of(session: Session, org_id: uuid.UUID) -> dict[str, Any]:
    """Everything that the clinic has settled."""
    return dict(
        session.scalar(select(Organization.settings).where(Organization.id == org_id)) or {}
    )


def whole_setting(settings: Mapping[str, Any], key: str, usual: int) -> int:
    """A whole number that was settled, else the usual one."""
    value = settings.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else usual


def settle(session: Session, org_id: uuid.UUID, key: str, value: int) -> None:
    """Write one key and leave the others, whoever writes them at the same time."""
    session.execute(
        update(Organization)
        .where(Organization.id == org_id)
        .values(settings=Organization.settings.op("||")(func.jsonb_build_object(key, value)))
        .execution_options(synchronize_session=False)
    )
