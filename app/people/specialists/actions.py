"""Writing specialists' profiles (SPC-01, SPC-02)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.access.models import Membership
from app.kernel.audit.record import record
from app.kernel.blobs.keep import keep
from app.kernel.storage.clinic import ClinicStorage
from app.kernel.storage.inspect import Accepted
from app.kernel.tenancy.models import Location
from app.lib.errors import Conflict, FieldError, Invalid, NotFound
from app.lib.fingerprint import fingerprint
from app.lib.ids import uuid7
from app.lib.slugs import free_slug, slug_of
from app.lib.text import bounded_line
from app.people.models import Specialist, SpecialistSpecialty, Specialty
from app.people.specialists.zones import is_zone

COLORS = 8
SIGNATURES = "specialist-signatures"
BIO_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class SpecialistCard:
    """A specialist as the clinic describes them. An empty time zone: not publicly bookable (SPC-04).

    `bio` by language; `color` is one of eight, from 0; contact is checked and normalised before it comes here.
    """

    name: str
    title: str = ""
    bio: Mapping[str, str] = field(default_factory=dict)
    email: str | None = None
    phone: str | None = None
    time_zone: str | None = None
    location_id: uuid.UUID | None = None
    color: int = 0
    specialty_ids: frozenset[uuid.UUID] = frozenset()


def add(session: Session, actor: Actor, card: SpecialistCard, *, now: dt.datetime) -> uuid.UUID:
    """A new profile; scheduling.open_specialist makes its time bookable. Raises Invalid."""
    _check(session, actor.clinic, card)
    specialist_id = uuid7()
    taken = session.scalars(select(Specialist.slug).where(Specialist.org_id == actor.clinic))
    session.execute(
        insert(Specialist).values(
            org_id=actor.clinic,
            id=specialist_id,
            slug=free_slug(slug_of(card.name, "specialist"), set(taken)),
            created_at=now,
            **_values(card),
        )
    )
    _set_specialties(session, actor.clinic, specialist_id, card.specialty_ids, now)
    _told(session, actor, "specialists.add", specialist_id, now, after=_written(card))
    return specialist_id


def change(
    session: Session,
    actor: Actor,
    specialist_id: uuid.UUID,
    card: SpecialistCard,
    *,
    seen: str,
    now: dt.datetime,
) -> None:
    """Change a profile. Raises Conflict when it is no longer what `seen` (of `mark_of`) marks, Invalid, NotFound."""
    found = locked(session, actor.clinic, specialist_id)
    stored = _card_of(session, found)
    if seen != mark_of(stored):
        raise Conflict("changed_meanwhile")
    _check(session, actor.clinic, card)
    for name, value in _values(card).items():
        setattr(found, name, value)
    session.flush()
    _set_specialties(session, actor.clinic, specialist_id, card.specialty_ids, now)
    _told(
        session,
        actor,
        "specialists.change",
        specialist_id,
        now,
        before=_written(stored),
        after=_written(card),
    )


def set_active(
    session: Session, actor: Actor, specialist_id: uuid.UUID, active: bool, *, now: dt.datetime
) -> None:
    """Stop or resume offering a specialist's time; visits stay. Raises Conflict when it is so already."""
    found = locked(session, actor.clinic, specialist_id)
    if found.active == active:
        raise Conflict("changed_meanwhile")
    found.active = active
    session.flush()
    action = "specialists.activate" if active else "specialists.deactivate"
    _told(session, actor, action, specialist_id, now)


def remove(session: Session, actor: Actor, specialist_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Take a profile off all lists (a date, no row goes); scheduling.remove_specialist asks for visits first."""
    found = locked(session, actor.clinic, specialist_id)
    found.active, found.deleted_at = False, now
    session.flush()
    _told(session, actor, "specialists.remove", specialist_id, now, before={"name": found.name})


def keep_signature(
    session: Session,
    actor: Actor,
    specialist_id: uuid.UUID,
    image: Accepted | None,
    blobs: ClinicStorage,
    *,
    now: dt.datetime,
) -> None:
    """Keep the image of a signature, re-encoded by `inspect_upload`; None takes the present one away."""
    found = locked(session, actor.clinic, specialist_id)
    found.signature_blob_id = (
        None if image is None else keep(session, actor, SIGNATURES, image, blobs).id
    )
    session.flush()
    action = "specialists.remove_signature" if image is None else "specialists.keep_signature"
    _told(session, actor, action, specialist_id, now)


def connect(
    session: Session,
    actor: Actor,
    specialist_id: uuid.UUID,
    human_id: uuid.UUID,
    *,
    now: dt.datetime,
) -> None:
    """Say who of the team a profile belongs to (SPC-02).

    Raises Conflict when somebody has it already or the person has another one, NotFound for nobody of the team.
    """
    found = locked(session, actor.clinic, specialist_id)
    member = select(Membership.id).where(
        Membership.org_id == actor.clinic, Membership.human_id == human_id
    )
    if session.scalar(member) is None:
        raise NotFound("member_not_found")
    theirs = select(Specialist.id).where(
        Specialist.org_id == actor.clinic,
        Specialist.human_id == human_id,
        Specialist.deleted_at.is_(None),
    )
    if found.human_id is not None or session.scalar(theirs) is not None:
        raise Conflict("profile_claimed")
    found.human_id = human_id
    session.flush()
    _told(
        session,
        actor,
        "specialists.connect",
        specialist_id,
        now,
        after={"human_id": str(human_id)},
    )


def name_specialty(
    session: Session, actor: Actor, name: str, locale: str, *, now: dt.datetime
) -> uuid.UUID:
    """The specialty of that name, made where there is none yet. Raises Invalid."""
    checked = bounded_line(name, "new_specialty", limit=80)
    code = slug_of(checked, "specialty")
    known = session.scalar(
        select(Specialty.id).where(Specialty.org_id == actor.clinic, Specialty.code == code)
    )
    if known is not None:
        return known
    specialty_id = uuid7()
    session.execute(
        insert(Specialty).values(
            org_id=actor.clinic,
            id=specialty_id,
            code=code,
            names={locale: checked},
            created_at=now,
        )
    )
    record(
        session,
        actor,
        "specialists.name_specialty",
        "specialty",
        specialty_id,
        at=now,
        after={"name": checked},
    )
    return specialty_id


def locked(session: Session, org_id: uuid.UUID, specialist_id: uuid.UUID) -> Specialist:
    """The profile, locked until the transaction ends: whoever changes it or its hours waits. Raises NotFound."""
    found = session.scalars(
        select(Specialist)
        .where(
            Specialist.org_id == org_id,
            Specialist.id == specialist_id,
            Specialist.deleted_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("specialist_not_found")
    return found


def stored_card(session: Session, org_id: uuid.UUID, specialist_id: uuid.UUID) -> SpecialistCard:
    """A profile as a card that would store it so. Raises NotFound."""
    found = session.scalars(
        select(Specialist).where(
            Specialist.org_id == org_id,
            Specialist.id == specialist_id,
            Specialist.deleted_at.is_(None),
        )
    ).one_or_none()
    if found is None:
        raise NotFound("specialist_not_found")
    return _card_of(session, found)


def mark_of(card: SpecialistCard) -> str:
    """The mark of a profile as it is stored, for `seen`."""
    return fingerprint(_written(card))


def _card_of(session: Session, row: Specialist) -> SpecialistCard:
    specialties = session.scalars(
        select(SpecialistSpecialty.specialty_id).where(
            SpecialistSpecialty.org_id == row.org_id, SpecialistSpecialty.specialist_id == row.id
        )
    )
    return SpecialistCard(
        name=row.name,
        title=row.title,
        bio=row.bio,
        email=row.email,
        phone=row.phone,
        time_zone=row.time_zone,
        location_id=row.location_id,
        color=row.color,
        specialty_ids=frozenset(specialties),
    )


def _values(card: SpecialistCard) -> dict[str, Any]:
    return {
        "name": card.name,
        "title": card.title,
        "bio": dict(card.bio),
        "email": card.email,
        "phone": card.phone,
        "time_zone": card.time_zone,
        "location_id": card.location_id,
        "color": card.color,
    }


def _written(card: SpecialistCard) -> dict[str, Any]:
    place = str(card.location_id) if card.location_id else None
    return {
        **_values(card),
        "location_id": place,
        "specialty_ids": sorted(str(one) for one in card.specialty_ids),
    }


def _check(session: Session, org_id: uuid.UUID, card: SpecialistCard) -> None:
    wrong = (
        ("name", "required", not card.name.strip()),
        ("color", "unknown_choice", not 0 <= card.color < COLORS),
        ("time_zone", "zone_unknown", bool(card.time_zone) and not is_zone(card.time_zone or "")),
        ("location_id", "unknown_choice", not _known_location(session, org_id, card)),
        ("specialties", "unknown_choice", not _known_specialties(session, org_id, card)),
    )
    errors = [FieldError(name, code) for name, code, is_wrong in wrong if is_wrong]
    if errors:
        raise Invalid(errors)


def _known_location(session: Session, org_id: uuid.UUID, card: SpecialistCard) -> bool:
    if card.location_id is None:
        return True
    place = select(Location.id).where(Location.org_id == org_id, Location.id == card.location_id)
    return session.scalar(place) is not None


def _known_specialties(session: Session, org_id: uuid.UUID, card: SpecialistCard) -> bool:
    known = session.scalars(
        select(Specialty.id).where(Specialty.org_id == org_id, Specialty.id.in_(card.specialty_ids))
    )
    return set(card.specialty_ids) == set(known)


def _set_specialties(
    session: Session,
    org_id: uuid.UUID,
    specialist_id: uuid.UUID,
    specialty_ids: frozenset[uuid.UUID],
    now: dt.datetime,
) -> None:
    session.execute(
        delete(SpecialistSpecialty).where(
            SpecialistSpecialty.org_id == org_id, SpecialistSpecialty.specialist_id == specialist_id
        )
    )
    rows = [
        {
            "org_id": org_id,
            "id": uuid7(),
            "specialist_id": specialist_id,
            "specialty_id": one,
            "created_at": now,
        }
        for one in sorted(specialty_ids, key=str)
    ]
    if rows:
        session.execute(insert(SpecialistSpecialty), rows)


def _told(
    session: Session,
    actor: Actor,
    action: str,
    specialist_id: uuid.UUID,
    now: dt.datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(session, actor, action, "specialist", specialist_id, at=now, before=before, after=after)
