"""What a clinic has settled for itself, by key; a domain says what its keys mean and what holds without them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.kernel.tenancy.models import Organization
from app.lib.errors import Invalid


def settings_of(session: Session, org_id: uuid.UUID) -> dict[str, Any]:
    """Everything that the clinic has settled."""
    return dict(
        session.scalar(select(Organization.settings).where(Organization.id == org_id)) or {}
    )


@dataclass(frozen=True, slots=True)
class WholeSetting:
    """A whole number that a clinic may settle under `key`, from `least` to `most`; `usual` holds without it."""

    key: str
    least: int
    most: int
    usual: int

    def read(self, settings: Mapping[str, Any]) -> int:
        """What was settled, else the usual number."""
        value = settings.get(self.key)
        return value if isinstance(value, int) and not isinstance(value, bool) else self.usual

    def allows(self, value: int | None) -> bool:
        """Whether it can be settled so."""
        return value is not None and self.least <= value <= self.most

    def settle(self, session: Session, org_id: uuid.UUID, value: int) -> int:
        """Write it where it is new, and say what held before. Raises Invalid `out_of_range`."""
        if not self.allows(value):
            raise Invalid.one(self.key, "out_of_range", lowest=self.least, highest=self.most)
        before = self.read(settings_of(session, org_id))
        if before != value:
            settle(session, org_id, self.key, value)
        return before


def settle(session: Session, org_id: uuid.UUID, key: str, value: int) -> None:
    """Write one key and leave the others, whoever writes them at the same time."""
    session.execute(
        update(Organization)
        .where(Organization.id == org_id)
        .values(settings=Organization.settings.op("||")(func.jsonb_build_object(key, value)))
        .execution_options(synchronize_session=False)
    )
