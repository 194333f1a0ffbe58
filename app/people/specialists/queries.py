"""Reading specialists for the clinic's own lists and pages."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.blobs.models import Blob
from app.kernel.tenancy.models import Location
from app.lib.errors import NotFound
from app.lib.text import fold, search_tokens
from app.people.models import Specialist, SpecialistSpecialty, Specialty


@dataclass(frozen=True, slots=True)
class SpecialistLine:
    """A specialist in a list."""

    id: uuid.UUID
    slug: str
    name: str
    title: str
    email: str | None
    phone: str | None
    time_zone: str | None
    color: int
    active: bool
    claimed: bool
    location_name: str | None
    specialties: tuple[dict[str, str], ...] = ()


def specialist_lines(
    session: Session, org_id: uuid.UUID, typed: str = "", *, active: bool | None = None
) -> list[SpecialistLine]:
    """All specialists whose name, title or specialty has every typed part, by name; accents do not matter.

    A clinic has tens of them, at most hundreds: they are matched here, where folding is known, in two statements.
    """
    query = (
        select(
            Specialist.id,
            Specialist.slug,
            Specialist.name,
            Specialist.title,
            Specialist.email,
            Specialist.phone,
            Specialist.time_zone,
            Specialist.color,
            Specialist.active,
            Specialist.human_id.is_not(None).label("claimed"),
            Location.name.label("location_name"),
        )
        .outerjoin(
            Location,
            (Location.org_id == Specialist.org_id) & (Location.id == Specialist.location_id),
        )
        .where(Specialist.org_id == org_id, Specialist.deleted_at.is_(None))
    )
    if active is not None:
        query = query.where(Specialist.active.is_(active))
    practised = _practised(session, org_id)
    lines = [
        SpecialistLine(*row, specialties=tuple(practised.get(row.id, ())))
        for row in session.execute(query)
    ]
    tokens = search_tokens(typed)
    found = [one for one in lines if all(token in _words(one) for token in tokens)]
    return sorted(found, key=lambda one: (fold(one.name), str(one.id)))


def specialties(session: Session, org_id: uuid.UUID) -> list[tuple[uuid.UUID, dict[str, Any]]]:
    """The clinic's specialties: id and names by language."""
    rows = session.execute(
        select(Specialty.id, Specialty.names)
        .where(Specialty.org_id == org_id)
        .order_by(Specialty.code)
    )
    return [(row.id, row.names) for row in rows]


@dataclass(frozen=True, slots=True)
class SpecialistHead:
    """What every page about one specialist shows."""

    id: uuid.UUID
    slug: str
    name: str
    title: str
    email: str | None
    time_zone: str | None
    active: bool
    human_id: uuid.UUID | None
    signature_key: str | None


def specialist_head(
    session: Session, org_id: uuid.UUID, specialist_id: uuid.UUID
) -> SpecialistHead:
    """One specialist. Raises NotFound."""
    row = session.execute(
        select(
            Specialist.id,
            Specialist.slug,
            Specialist.name,
            Specialist.title,
            Specialist.email,
            Specialist.time_zone,
            Specialist.active,
            Specialist.human_id,
            Blob.key.label("signature_key"),
        )
        .outerjoin(
            Blob, (Blob.org_id == Specialist.org_id) & (Blob.id == Specialist.signature_blob_id)
        )
        .where(
            Specialist.org_id == org_id,
            Specialist.id == specialist_id,
            Specialist.deleted_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise NotFound("specialist_not_found")
    return SpecialistHead(*row)


def _practised(session: Session, org_id: uuid.UUID) -> dict[uuid.UUID, list[dict[str, str]]]:
    rows = session.execute(
        select(SpecialistSpecialty.specialist_id, Specialty.names)
        .join(
            Specialty,
            (Specialty.org_id == SpecialistSpecialty.org_id)
            & (Specialty.id == SpecialistSpecialty.specialty_id),
        )
        .where(SpecialistSpecialty.org_id == org_id)
        .order_by(Specialty.code)
    )
    found: dict[uuid.UUID, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        found[row.specialist_id].append(row.names)
    return found


def _words(line: SpecialistLine) -> str:
    named = (text for names in line.specialties for text in names.values())
    return fold(" ".join((line.name, line.title, line.email or "", *named)))


def claimed_by(session: Session, org_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """The people who have a profile in this clinic."""
    rows = session.scalars(
        select(Specialist.human_id).where(
            Specialist.org_id == org_id,
            Specialist.human_id.is_not(None),
            Specialist.deleted_at.is_(None),
        )
    )
    return frozenset(one for one in rows if one is not None)
