"""Opening, changing and archiving calendars (CAT-03, SCH-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, null, select, update
from sqlalchemy.orm import Session

from app.catalog.models import Service
from app.catalog.rules import BOUNDS
from app.kernel import live
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, FieldError, Invalid, NotFound
from app.lib.fingerprint import fingerprint
from app.lib.ids import uuid7
from app.lib.slugs import is_slug
from app.people.models import Specialist
from app.scheduling.actions.asked_forms import ask_as_its_service
from app.scheduling.actions.hours import field_error
from app.scheduling.models import Calendar, CalendarSpecialist
from app.scheduling.rules.weeks import stored_readings, week_faults

MODALITIES = ("in_person", "video")
STRATEGIES = ("round_robin", "priority", "choice")
HORIZON_LIMIT = 730
NOTICE_LIMIT = 60 * 24 * 90


@dataclass(frozen=True, slots=True)
class CalendarMember:
    """A specialist of a calendar: the higher priority goes first; `hours` (a stored week) are theirs in it only."""

    specialist_id: uuid.UUID
    priority: int = 0
    hours: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CalendarDraft:
    """A way to book a service; empty figures and hours fall back to the service's and the specialist's (CAT-03).

    `specialist_ids` is the short form of `members`.
    """

    slug: str
    service_id: uuid.UUID
    specialist_ids: tuple[uuid.UUID, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    modality: str = "in_person"
    strategy: str = "round_robin"
    public: bool = True
    duration_min: int | None = None
    price_minor: int | None = None
    cooldown_min: int | None = None
    min_notice_min: int | None = None
    horizon_days: int | None = None
    hours: Mapping[str, Any] | None = None
    members: tuple[CalendarMember, ...] = ()

    @property
    def everybody(self) -> tuple[CalendarMember, ...]:
        """All members."""
        return self.members or tuple(CalendarMember(one) for one in self.specialist_ids)


def add_calendar(
    session: Session, actor: Actor, draft: CalendarDraft, *, now: dt.datetime
) -> uuid.UUID:
    """Open a calendar with the specialists who serve it; it asks for its service's forms. Raises Invalid, NotFound."""
    _check(session, actor.clinic, draft, None)
    calendar_id = uuid7()
    session.execute(
        insert(Calendar).values(
            org_id=actor.clinic,
            id=calendar_id,
            service_id=draft.service_id,
            created_at=now,
            **_row(draft),
        )
    )
    _set_members(session, actor.clinic, calendar_id, draft.everybody, now)
    after = {"service_id": str(draft.service_id), **_written(draft)}
    _told(session, actor, "schedule.add_calendar", calendar_id, now, after=after)
    ask_as_its_service(session, actor, calendar_id, draft.service_id, now=now)
    return calendar_id


def change_calendar(
    session: Session,
    actor: Actor,
    calendar_id: uuid.UUID,
    draft: CalendarDraft,
    *,
    seen: str,
    now: dt.datetime,
) -> None:
    """Change everything of a calendar but its service.

    Raises Conflict when it is no longer what `seen` (of `mark_of`) marks, Invalid, NotFound.
    """
    stored = stored_draft(session, actor.clinic, calendar_id, lock=True)
    if seen != mark_of(stored):
        raise Conflict("changed_meanwhile")
    _check(session, actor.clinic, draft, calendar_id)
    session.execute(
        update(Calendar)
        .where(Calendar.org_id == actor.clinic, Calendar.id == calendar_id)
        .values(**_row(draft))
    )
    _set_members(session, actor.clinic, calendar_id, draft.everybody, now)
    _told(
        session,
        actor,
        "schedule.change_calendar",
        calendar_id,
        now,
        before=_written(stored),
        after=_written(draft),
    )


def archive_calendar(
    session: Session, actor: Actor, calendar_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """Take a calendar out of booking; its visits stay. Raises Conflict when it is archived already."""
    _set_archived(session, actor, calendar_id, now, now)
    _told(session, actor, "schedule.archive_calendar", calendar_id, now)


def restore_calendar(
    session: Session, actor: Actor, calendar_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """Open an archived calendar again."""
    _set_archived(session, actor, calendar_id, None, now)
    _told(session, actor, "schedule.restore_calendar", calendar_id, now)


def stored_draft(
    session: Session, org_id: uuid.UUID, calendar_id: uuid.UUID, *, lock: bool = False
) -> CalendarDraft:
    """A calendar as a draft that would store it so. Raises NotFound."""
    query = select(Calendar).where(Calendar.org_id == org_id, Calendar.id == calendar_id)
    found = session.scalars(
        query.with_for_update().execution_options(populate_existing=True) if lock else query
    ).one_or_none()
    if found is None:
        raise NotFound("calendar_not_found")
    return CalendarDraft(
        slug=found.slug,
        service_id=found.service_id,
        names=found.names,
        modality=found.modality,
        strategy=found.strategy,
        public=found.public,
        duration_min=found.duration_min,
        price_minor=found.price_minor,
        cooldown_min=found.cooldown_min,
        min_notice_min=found.min_notice_min,
        horizon_days=found.horizon_days,
        hours=found.hours,
        members=_members(session, org_id, calendar_id),
    )


def mark_of(draft: CalendarDraft) -> str:
    """The mark of a calendar as it is stored, for `seen`."""
    return fingerprint(_written(draft))


def _members(
    session: Session, org_id: uuid.UUID, calendar_id: uuid.UUID
) -> tuple[CalendarMember, ...]:
    rows = session.execute(
        select(
            CalendarSpecialist.specialist_id, CalendarSpecialist.priority, CalendarSpecialist.hours
        )
        .where(CalendarSpecialist.org_id == org_id, CalendarSpecialist.calendar_id == calendar_id)
        .order_by(CalendarSpecialist.specialist_id)
    )
    return tuple(CalendarMember(*row) for row in rows)


def _set_members(
    session: Session,
    org_id: uuid.UUID,
    calendar_id: uuid.UUID,
    members: tuple[CalendarMember, ...],
    now: dt.datetime,
) -> None:
    session.execute(
        delete(CalendarSpecialist).where(
            CalendarSpecialist.org_id == org_id, CalendarSpecialist.calendar_id == calendar_id
        )
    )
    rows = [
        {
            "org_id": org_id,
            "id": uuid7(),
            "calendar_id": calendar_id,
            "specialist_id": one.specialist_id,
            "priority": one.priority,
            "hours": _stored(one.hours),
            "created_at": now,
        }
        for one in members
    ]
    if rows:
        session.execute(insert(CalendarSpecialist).values(rows))


def _set_archived(
    session: Session,
    actor: Actor,
    calendar_id: uuid.UUID,
    archived_at: dt.datetime | None,
    now: dt.datetime,
) -> None:
    stored_draft(session, actor.clinic, calendar_id, lock=True)
    was = Calendar.archived_at.is_(None) if archived_at else Calendar.archived_at.is_not(None)
    changed = session.execute(
        update(Calendar)
        .where(Calendar.org_id == actor.clinic, Calendar.id == calendar_id, was)
        .values(archived_at=archived_at)
        .returning(Calendar.id)
    ).one_or_none()
    if changed is None:
        raise Conflict("changed_meanwhile")


def _told(
    session: Session,
    actor: Actor,
    action: str,
    calendar_id: uuid.UUID,
    now: dt.datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(session, actor, action, "calendar", calendar_id, at=now, before=before, after=after)
    live.tell(session, actor.clinic, live.AVAILABILITY)


def _values(draft: CalendarDraft) -> dict[str, Any]:
    return {
        "slug": draft.slug,
        "names": dict(draft.names),
        "modality": draft.modality,
        "strategy": draft.strategy,
        "public": draft.public,
        "duration_min": draft.duration_min,
        "price_minor": draft.price_minor,
        "cooldown_min": draft.cooldown_min,
        "min_notice_min": draft.min_notice_min,
        "horizon_days": draft.horizon_days,
        "hours": draft.hours,
    }


def _row(draft: CalendarDraft) -> dict[str, Any]:
    return {**_values(draft), "hours": _stored(draft.hours)}


def _stored(hours: Mapping[str, Any] | None) -> Any:
    """No hours are an empty column; a plain None would be stored as the JSON text `null`."""
    return null() if hours is None else hours


def _written(draft: CalendarDraft) -> dict[str, Any]:
    members = sorted(draft.everybody, key=lambda one: str(one.specialist_id))
    return {
        **_values(draft),
        "members": [[str(one.specialist_id), one.priority, one.hours] for one in members],
    }


def _check(
    session: Session, org_id: uuid.UUID, draft: CalendarDraft, calendar_id: uuid.UUID | None
) -> None:
    _check_references(session, org_id, draft)
    errors = [*_figures(draft), *_hours(draft)]
    if not is_slug(draft.slug):
        errors.append(FieldError("slug", "address_shape"))
    elif _slug_taken(session, org_id, draft.slug, calendar_id):
        errors.append(FieldError("slug", "address_taken"))
    if errors:
        raise Invalid(errors)


def _check_references(session: Session, org_id: uuid.UUID, draft: CalendarDraft) -> None:
    service = select(Service.id).where(Service.org_id == org_id, Service.id == draft.service_id)
    if session.scalar(service) is None:
        raise NotFound("service_not_found")
    wanted = {one.specialist_id for one in draft.everybody}
    known = session.scalars(
        select(Specialist.id).where(
            Specialist.org_id == org_id,
            Specialist.id.in_(wanted),
            Specialist.deleted_at.is_(None),
        )
    )
    if wanted - set(known):
        raise Invalid.one("members", "unknown_choice")


def _figures(draft: CalendarDraft) -> list[FieldError]:
    return [
        FieldError(name, code, {"lowest": lowest, "highest": highest})
        for name, code, value, lowest, highest in (
            ("duration_min", "out_of_range", draft.duration_min, 5, 1440),
            ("price_minor", "out_of_range", draft.price_minor, 0, 10**9),
            ("cooldown_min", "out_of_range", draft.cooldown_min, *BOUNDS["cooldown_min"]),
            ("min_notice_min", "out_of_range", draft.min_notice_min, 0, NOTICE_LIMIT),
            ("horizon_days", "out_of_range", draft.horizon_days, 1, HORIZON_LIMIT),
        )
        if value is not None and not lowest <= value <= highest
    ] + [
        FieldError(name, "unknown_choice")
        for name, value, known in (
            ("modality", draft.modality, MODALITIES),
            ("strategy", draft.strategy, STRATEGIES),
        )
        if value not in known
    ]


def _hours(draft: CalendarDraft) -> list[FieldError]:
    named = [("hours", draft.hours)]
    named += [(f"hours-{one.specialist_id}", one.hours) for one in draft.everybody]
    errors: list[FieldError] = []
    for name, layout in named:
        readings = stored_readings(layout)
        if readings is None:
            continue
        if not any(readings):
            errors.append(FieldError(name, "hours_empty"))
        errors += [field_error(name, fault) for fault in week_faults(readings)]
    return errors


def _slug_taken(
    session: Session, org_id: uuid.UUID, slug: str, calendar_id: uuid.UUID | None
) -> bool:
    owner = session.scalar(
        select(Calendar.id).where(Calendar.org_id == org_id, Calendar.slug == slug)
    )
    return owner is not None and owner != calendar_id
