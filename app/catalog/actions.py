"""Writing the catalogue: services and who gives them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.catalog.models import KINDS, Service, ServiceSpecialist
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import FieldError, Invalid
from app.lib.ids import uuid7


@dataclass(frozen=True, slots=True)
class ServiceDraft:
    """A service as somebody describes it. Texts by language, times in minutes, price in minor units."""

    slug: str
    names: Mapping[str, str]
    kind: str
    duration_min: int
    price_minor: int
    currency: str = "RON"
    descriptions: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, str] = field(default_factory=dict)
    step_min: int = 15
    buffer_before_min: int = 0
    buffer_after_min: int = 0
    min_notice_min: int = 120
    horizon_days: int = 60
    cancel_notice_min: int = 1440
    position: int = 0
    public: bool = True


def add_service(
    session: Session, actor: Actor, draft: ServiceDraft, *, now: dt.datetime
) -> uuid.UUID:
    """A new service. Raises Invalid for a kind, a time or a price that cannot be."""
    _check(draft)
    service_id = uuid7()
    values = asdict(draft)
    session.execute(
        insert(Service).values(org_id=actor.clinic, id=service_id, created_at=now, **values)
    )
    record(session, actor, "catalog.add_service", "service", service_id, at=now, after=values)
    return service_id


def qualify(
    session: Session,
    actor: Actor,
    service_id: uuid.UUID,
    specialist_ids: Sequence[uuid.UUID],
    *,
    now: dt.datetime,
) -> None:
    """Say that specialists are qualified for a service."""
    for specialist_id in specialist_ids:
        session.execute(
            insert(ServiceSpecialist).values(
                org_id=actor.clinic,
                id=uuid7(),
                service_id=service_id,
                specialist_id=specialist_id,
                created_at=now,
            )
        )
    record(
        session,
        actor,
        "catalog.qualify",
        "service",
        service_id,
        at=now,
        after={"specialist_ids": [str(one) for one in specialist_ids]},
    )


def _check(draft: ServiceDraft) -> None:
    errors = [
        FieldError(name, code)
        for name, code, wrong in (
            ("names", "required", not any(text.strip() for text in draft.names.values())),
            ("kind", "unknown_choice", draft.kind not in KINDS),
            ("duration_min", "out_of_range", not 5 <= draft.duration_min <= 1440),
            ("step_min", "out_of_range", not 5 <= draft.step_min <= 1440),
            ("price_minor", "out_of_range", draft.price_minor < 0),
        )
        if wrong
    ]
    if errors:
        raise Invalid(errors)
