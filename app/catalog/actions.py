"""Writing the catalogue: services, their order, and who gives them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.catalog.models import Service, ServiceSpecialist
from app.catalog.rules import draft_errors, moved
from app.kernel import live
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, FieldError, Invalid, NotFound
from app.lib.fingerprint import fingerprint
from app.lib.ids import uuid7
from app.lib.slugs import free_slug
from app.people.models import Specialist


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
    cooldown_min: int = 0
    min_notice_min: int = 120
    horizon_days: int = 60
    cancel_notice_min: int = 1440
    terms: Mapping[str, Any] = field(default_factory=dict)
    position: int = 0
    public: bool = True
    capacity: int = 1


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


def change_service(
    session: Session,
    actor: Actor,
    service_id: uuid.UUID,
    draft: ServiceDraft,
    specialist_ids: Iterable[uuid.UUID],
    *,
    seen: str,
    now: dt.datetime,
) -> None:
    """Change a service and who is qualified for it; visits already booked keep their length and price.

    Raises Conflict when it is no longer what `seen` (of `mark_of`) marks, Invalid, NotFound.
    """
    stored = stored_draft(session, actor.clinic, service_id, lock=True)
    qualified = qualified_ids(session, actor.clinic, service_id)
    if seen != mark_of(stored, qualified):
        raise Conflict("changed_meanwhile")
    _check(draft)
    wanted = frozenset(specialist_ids)
    session.execute(
        update(Service)
        .where(Service.org_id == actor.clinic, Service.id == service_id)
        .values(**asdict(draft))
    )
    _set_qualified(session, actor.clinic, service_id, qualified, wanted, now)
    _told(
        session,
        actor,
        "catalog.change_service",
        service_id,
        now,
        before=_written(stored, qualified),
        after=_written(draft, wanted),
    )


def archive_service(
    session: Session, actor: Actor, service_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """Take a service out of booking; its visits stay. Raises Conflict when it is archived already."""
    _set_archived(session, actor, service_id, now)
    _told(session, actor, "catalog.archive_service", service_id, now)


def restore_service(
    session: Session, actor: Actor, service_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """Offer an archived service again."""
    _set_archived(session, actor, service_id, None)
    _told(session, actor, "catalog.restore_service", service_id, now)


def duplicate_service(
    session: Session, actor: Actor, service_id: uuid.UUID, *, now: dt.datetime
) -> uuid.UUID:
    """A copy to work on, with the same specialists: not public until somebody says so. Raises NotFound."""
    stored = stored_draft(session, actor.clinic, service_id)
    taken = set(session.scalars(select(Service.slug).where(Service.org_id == actor.clinic)))
    names = {language: f"{text} (2)" for language, text in stored.names.items()}
    copy = replace(stored, slug=free_slug(stored.slug, taken), names=names, public=False)
    copied = add_service(session, actor, copy, now=now)
    qualify(
        session, actor, copied, sorted(qualified_ids(session, actor.clinic, service_id)), now=now
    )
    return copied


def move_service(
    session: Session, actor: Actor, service_id: uuid.UUID, step: int, *, now: dt.datetime
) -> None:
    """Move a service one place up (-1) or down (1) in the clinic's order; at the end nothing happens."""
    rows = session.execute(
        select(Service.id, Service.position)
        .where(Service.org_id == actor.clinic, Service.archived_at.is_(None))
        .order_by(Service.position, Service.slug)
        .with_for_update()
    ).all()
    before = {row.id: row.position for row in rows}
    if service_id not in before:
        raise NotFound("service_not_found")
    for position, one in enumerate(moved([row.id for row in rows], service_id, step)):
        if before[one] != position:
            session.execute(
                update(Service)
                .where(Service.org_id == actor.clinic, Service.id == one)
                .values(position=position)
            )
    _told(session, actor, "catalog.move_service", service_id, now, after={"step": step})


def qualify(
    session: Session,
    actor: Actor,
    service_id: uuid.UUID,
    specialist_ids: Sequence[uuid.UUID],
    *,
    now: dt.datetime,
) -> None:
    """Say that specialists are qualified for a service."""
    _set_qualified(session, actor.clinic, service_id, frozenset(), frozenset(specialist_ids), now)
    record(
        session,
        actor,
        "catalog.qualify",
        "service",
        service_id,
        at=now,
        after={"specialist_ids": [str(one) for one in specialist_ids]},
    )


def stored_draft(
    session: Session, org_id: uuid.UUID, service_id: uuid.UUID, *, lock: bool = False
) -> ServiceDraft:
    """A service as a draft that would store it so. Raises NotFound."""
    query = select(Service).where(Service.org_id == org_id, Service.id == service_id)
    found = session.scalars(
        query.with_for_update().execution_options(populate_existing=True) if lock else query
    ).one_or_none()
    if found is None:
        raise NotFound("service_not_found")
    return ServiceDraft(**{one.name: getattr(found, one.name) for one in fields(ServiceDraft)})


def qualified_ids(
    session: Session, org_id: uuid.UUID, service_id: uuid.UUID
) -> frozenset[uuid.UUID]:
    """Who is qualified for a service; specialists who left are not."""
    return frozenset(
        session.scalars(
            select(ServiceSpecialist.specialist_id)
            .join(
                Specialist,
                (Specialist.org_id == ServiceSpecialist.org_id)
                & (Specialist.id == ServiceSpecialist.specialist_id),
            )
            .where(
                ServiceSpecialist.org_id == org_id,
                ServiceSpecialist.service_id == service_id,
                Specialist.deleted_at.is_(None),
            )
        )
    )


def mark_of(draft: ServiceDraft, qualified: Iterable[uuid.UUID]) -> str:
    """The mark of a service as it is stored, for `seen`. Its place in the order does not count."""
    return fingerprint({**_written(draft, qualified), "position": None})


def _written(draft: ServiceDraft, qualified: Iterable[uuid.UUID]) -> dict[str, Any]:
    return {**asdict(draft), "specialist_ids": sorted(str(one) for one in qualified)}


def _set_qualified(
    session: Session,
    org_id: uuid.UUID,
    service_id: uuid.UUID,
    before: frozenset[uuid.UUID],
    wanted: frozenset[uuid.UUID],
    now: dt.datetime,
) -> None:
    known = session.scalars(
        select(Specialist.id).where(
            Specialist.org_id == org_id, Specialist.id.in_(wanted), Specialist.deleted_at.is_(None)
        )
    )
    if wanted - set(known):
        raise Invalid.one("specialists", "unknown_choice")
    session.execute(
        delete(ServiceSpecialist).where(
            ServiceSpecialist.org_id == org_id,
            ServiceSpecialist.service_id == service_id,
            ServiceSpecialist.specialist_id.in_(before - wanted),
        )
    )
    rows = [
        {
            "org_id": org_id,
            "id": uuid7(),
            "service_id": service_id,
            "specialist_id": one,
            "created_at": now,
        }
        for one in sorted(wanted - before, key=str)
    ]
    if rows:
        session.execute(insert(ServiceSpecialist), rows)


def _set_archived(
    session: Session, actor: Actor, service_id: uuid.UUID, archived_at: dt.datetime | None
) -> None:
    stored_draft(session, actor.clinic, service_id, lock=True)
    was = Service.archived_at.is_(None) if archived_at else Service.archived_at.is_not(None)
    changed = session.execute(
        update(Service)
        .where(Service.org_id == actor.clinic, Service.id == service_id, was)
        .values(archived_at=archived_at)
        .returning(Service.id)
    ).one_or_none()
    if changed is None:
        raise Conflict("changed_meanwhile")


def _told(
    session: Session,
    actor: Actor,
    action: str,
    service_id: uuid.UUID,
    now: dt.datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(session, actor, action, "service", service_id, at=now, before=before, after=after)
    live.tell(session, actor.clinic, live.AVAILABILITY)


def _check(draft: ServiceDraft) -> None:
    errors = [
        FieldError(name, code, {"lowest": lowest, "highest": highest})
        for name, code, lowest, highest in draft_errors(asdict(draft))
    ]
    if errors:
        raise Invalid(errors)
