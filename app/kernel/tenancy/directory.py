"""The operator's view over clinics: the list and one card. Runs as the platform role, which sees cards only."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import Session

from app.kernel.tenancy.models import Organization
from app.lib.errors import NotFound
from app.lib.paging import Page, PageRequest

SORTABLE = {
    "name": func.lower(Organization.name),
    "created": Organization.created_at,
    "activated": Organization.activated_at,
}
DRAFT, ACTIVE = "draft", "active"


@dataclass(frozen=True)
class ClinicRow:
    """One line of the list."""

    id: uuid.UUID
    slug: str
    name: str
    email: str | None
    country: str
    created_at: dt.datetime
    activated_at: dt.datetime | None


def find_clinics(
    session: Session, *, query: str = "", state: str = "", request: PageRequest
) -> Page[ClinicRow]:
    """Clinics whose name or address contains `query`, in `state` `draft`, `active` or any."""
    chosen = _matching(query, state)
    total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    rows = session.execute(
        chosen.order_by(*_order(request), Organization.id)
        .offset(request.offset)
        .limit(request.size)
    )
    return Page([ClinicRow(*row) for row in rows], total, request)


def clinic(session: Session, org_id: uuid.UUID) -> Organization:
    """One clinic's card, whether active or draft. Raises NotFound."""
    found = session.scalars(select(Organization).where(Organization.id == org_id)).one_or_none()
    if found is None:
        raise NotFound
    return found


def all_clinic_ids(session: Session) -> list[uuid.UUID]:
    """Every clinic, for maintenance that walks them one by one."""
    return list(session.scalars(select(Organization.id).order_by(Organization.id)))


def _matching(query: str, state: str) -> Select[*tuple[Any, ...]]:
    chosen = select(
        Organization.id,
        Organization.slug,
        Organization.name,
        Organization.email,
        Organization.country,
        Organization.created_at,
        Organization.activated_at,
    )
    if query:
        chosen = chosen.where(
            or_(
                Organization.name.icontains(query, autoescape=True),
                Organization.slug.icontains(query, autoescape=True),
            )
        )
    return chosen.where(_in_state(state)) if state else chosen


def _in_state(state: str) -> ColumnElement[bool]:
    if state == DRAFT:
        return Organization.activated_at.is_(None)
    return Organization.activated_at.is_not(None) if state == ACTIVE else false()


def _order(request: PageRequest) -> list[ColumnElement[object]]:
    return [
        SORTABLE[key.name].desc().nulls_last()
        if key.descending
        else SORTABLE[key.name].asc().nulls_first()
        for key in request.sort
    ]
