"""Reading the catalogue for the clinic's own lists and pages."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.models import Service, ServiceSpecialist
from app.lib.paging import Page, PageRequest, slice_of
from app.lib.slugs import free_slug, slug_of
from app.lib.text import fold, search_tokens
from app.people.models import Specialist


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A service in a list; `specialists` counts the active ones who are qualified."""

    id: uuid.UUID
    slug: str
    names: dict[str, str]
    kind: str
    duration_min: int
    price_minor: int
    currency: str
    public: bool
    position: int
    archived_at: dt.datetime | None
    specialists: int


SORTABLE = ("position", "name", "kind", "duration", "price")


def services_page(
    session: Session,
    org_id: uuid.UUID,
    typed: str,
    request: PageRequest,
    language: str,
    *,
    archived: bool = False,
) -> Page[ServiceLine]:
    """One page of the services whose name in any language has every typed part.

    A clinic has tens of services, at most hundreds, each a narrow row: they are matched and ordered here, where folding
    and the reader's language are known, from one statement.
    """
    tokens = search_tokens(typed)
    lines = [one for one in _lines(session, org_id, archived) if _has(one, tokens)]
    for key in reversed(request.sort):
        lines.sort(key=lambda one: _sort_value(one, key.name, language), reverse=key.descending)
    return slice_of(lines, request)


def service_names(session: Session, org_id: uuid.UUID) -> list[tuple[uuid.UUID, dict[str, str]]]:
    """Services on offer in the clinic's order: id and names."""
    return [(one.id, one.names) for one in _lines(session, org_id, archived=False)]


def next_place(session: Session, org_id: uuid.UUID, names: Mapping[str, str]) -> tuple[str, int]:
    """The short name and the place in the order that a new service of those names gets: the last."""
    rows = session.execute(
        select(Service.slug, Service.position).where(Service.org_id == org_id)
    ).all()
    wanted = slug_of(next(iter(names.values()), ""), "service")
    return free_slug(wanted, {row.slug for row in rows}), max(
        (row.position + 1 for row in rows), default=0
    )


def is_archived(session: Session, org_id: uuid.UUID, service_id: uuid.UUID) -> bool:
    """Whether a service is out of booking."""
    return (
        session.scalar(
            select(Service.archived_at).where(Service.org_id == org_id, Service.id == service_id)
        )
        is not None
    )


def _lines(session: Session, org_id: uuid.UUID, archived: bool) -> list[ServiceLine]:
    qualified = (
        select(func.count())
        .select_from(ServiceSpecialist)
        .join(
            Specialist,
            (Specialist.org_id == ServiceSpecialist.org_id)
            & (Specialist.id == ServiceSpecialist.specialist_id),
        )
        .where(
            ServiceSpecialist.org_id == Service.org_id,
            ServiceSpecialist.service_id == Service.id,
            Specialist.active,
            Specialist.deleted_at.is_(None),
        )
        .scalar_subquery()
    )
    state = Service.archived_at.is_not(None) if archived else Service.archived_at.is_(None)
    rows = session.execute(
        select(
            Service.id,
            Service.slug,
            Service.names,
            Service.kind,
            Service.duration_min,
            Service.price_minor,
            Service.currency,
            Service.public,
            Service.position,
            Service.archived_at,
            qualified.label("specialists"),
        )
        .where(Service.org_id == org_id, state)
        .order_by(Service.position, Service.slug)
    )
    return [ServiceLine(*row) for row in rows]


def _has(line: ServiceLine, tokens: list[str]) -> bool:
    words = fold(" ".join(line.names.values()))
    return all(token in words for token in tokens)


def _sort_value(line: ServiceLine, key: str, language: str) -> str | int:
    if key == "name":
        return fold(line.names.get(language) or next(iter(line.names.values()), ""))
    if key == "kind":
        return line.kind
    return {
        "position": line.position,
        "duration": line.duration_min,
        "price": line.price_minor,
    }[key]
