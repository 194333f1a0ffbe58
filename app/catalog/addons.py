"""Add-ons of a service: what can be added to its visits, for money, for time, or both (APT-02)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app.catalog.addon_rules import LONGEST_MIN, MOST, STEP_MIN, Addon
from app.catalog.models import Service, ServiceAddon
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, FieldError, Invalid, NotFound
from app.lib.ids import uuid7

MOST_OF_SERVICE = 20


@dataclass(frozen=True, slots=True)
class AddonDraft:
    """An add-on as the clinic describes it; price in minor units of the service's currency."""

    names: Mapping[str, str]
    price_minor: int
    extra_min: int = 0
    most: int = 1
    online: bool = True


def add_addon(
    session: Session, actor: Actor, service_id: uuid.UUID, draft: AddonDraft, *, now: dt.datetime
) -> uuid.UUID:
    """Give a service an add-on. Raises Invalid, NotFound, Conflict `too_many_addons`."""
    _demand_fine(session, actor, service_id, draft)
    standing = select(func.count()).where(
        ServiceAddon.org_id == actor.clinic,
        ServiceAddon.service_id == service_id,
        ServiceAddon.archived_at.is_(None),
    )
    if (session.scalar(standing) or 0) >= MOST_OF_SERVICE:
        raise Conflict("too_many_addons", limit=MOST_OF_SERVICE)
    addon_id = uuid7()
    session.execute(
        insert(ServiceAddon).values(
            org_id=actor.clinic,
            id=addon_id,
            service_id=service_id,
            created_at=now,
            **asdict(draft),
        )
    )
    told = {"names": dict(draft.names), "price_minor": draft.price_minor}
    record(session, actor, "catalog.add_addon", "service", service_id, at=now, after=told)
    return addon_id


def change_addon(
    session: Session, actor: Actor, addon_id: uuid.UUID, draft: AddonDraft, *, now: dt.datetime
) -> uuid.UUID:
    """Describe an add-on anew; visits keep what was agreed. Gives its service. Raises Invalid, NotFound."""
    found = one_addon(session, actor.clinic, addon_id)
    service_id, was = found.service_id, {"names": found.names, "price_minor": found.price_minor}
    _demand_fine(session, actor, service_id, draft)
    session.execute(
        update(ServiceAddon)
        .where(ServiceAddon.org_id == actor.clinic, ServiceAddon.id == addon_id)
        .values(**asdict(draft))
    )
    told = {"names": dict(draft.names), "price_minor": draft.price_minor}
    record(
        session,
        actor,
        "catalog.change_addon",
        "service",
        service_id,
        at=now,
        before=was,
        after=told,
    )
    return service_id


def archive_addon(
    session: Session, actor: Actor, addon_id: uuid.UUID, *, now: dt.datetime
) -> uuid.UUID:
    """Offer it no more; visits keep it. Gives its service. Raises NotFound."""
    found = one_addon(session, actor.clinic, addon_id)
    found.archived_at = now
    session.flush()
    told = {"names": found.names}
    record(
        session, actor, "catalog.archive_addon", "service", found.service_id, at=now, before=told
    )
    return found.service_id


def one_addon(session: Session, org_id: uuid.UUID, addon_id: uuid.UUID) -> ServiceAddon:
    """An add-on that is offered. Raises NotFound `addon_unknown`."""
    found = session.get(ServiceAddon, (org_id, addon_id))
    if found is None or found.archived_at is not None:
        raise NotFound("addon_unknown")
    return found


def addons_of(
    session: Session, org_id: uuid.UUID, service_id: uuid.UUID, *, online: bool = False
) -> list[Addon]:
    """What can be added to visits of a service, the oldest first; `online`: only what patients choose themselves."""
    return addons_by_service(session, org_id, [service_id], online=online).get(service_id, [])


def addons_by_service(
    session: Session, org_id: uuid.UUID, service_ids: Sequence[uuid.UUID], *, online: bool = False
) -> dict[uuid.UUID, list[Addon]]:
    """The same for several services at once."""
    query = select(
        ServiceAddon.service_id,
        ServiceAddon.id,
        ServiceAddon.names,
        ServiceAddon.price_minor,
        ServiceAddon.extra_min,
        ServiceAddon.most,
        ServiceAddon.online,
    ).where(
        ServiceAddon.org_id == org_id,
        ServiceAddon.service_id.in_(service_ids),
        ServiceAddon.archived_at.is_(None),
    )
    if online:
        query = query.where(ServiceAddon.online)
    found: dict[uuid.UUID, list[Addon]] = {}
    for service_id, *row in session.execute(query.order_by(ServiceAddon.id)):
        found.setdefault(service_id, []).append(Addon(*row))
    return found


def _demand_fine(session: Session, actor: Actor, service_id: uuid.UUID, draft: AddonDraft) -> None:
    if session.get(Service, (actor.clinic, service_id)) is None:
        raise NotFound("service_not_found")
    errors = []
    if not any(words.strip() for words in draft.names.values()):
        errors.append(FieldError("names", "required"))
    if not 0 <= draft.extra_min <= LONGEST_MIN or draft.extra_min % STEP_MIN:
        errors.append(FieldError("extra_min", "addon_minutes"))
    if not 1 <= draft.most <= MOST:
        errors.append(FieldError("most", "out_of_range", {"lowest": 1, "highest": MOST}))
    if not 0 <= draft.price_minor <= 10**9:
        errors.append(FieldError("price", "amount_too_large"))
    if errors:
        raise Invalid(errors)
