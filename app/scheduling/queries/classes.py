"""Meetings of group classes with the places that are taken (CAT-02)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session as Database

from app.catalog.models import Service
from app.lib.errors import NotFound
from app.people.models import Specialist
from app.scheduling.models import Calendar, ClassSeat, ClassSession
from app.scheduling.queries.ignoring import Ignoring, ignored
from app.scheduling.rules.occupancy import Session
from app.scheduling.rules.walltime import from_datetime

Meetings: TypeAlias = dict[tuple[uuid.UUID, str], list[Session]]


@dataclass(frozen=True, slots=True)
class ClassView:
    """One meeting of a class, and who has a place in it by seat number: visits, and offers that keep one."""

    id: uuid.UUID
    calendar_id: uuid.UUID
    titles: dict[str, str]
    specialist_id: uuid.UUID
    specialist_name: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    capacity: int
    live: bool
    holder_ids: tuple[uuid.UUID, ...]

    @property
    def places_left(self) -> int:
        """Places that nobody has."""
        return self.capacity - len(self.holder_ids)


def meetings(
    session: Database,
    org_id: uuid.UUID,
    calendar_ids: Collection[uuid.UUID],
    since: dt.datetime,
    until: dt.datetime,
    ignoring: Ignoring = None,
) -> Meetings:
    """The live meetings that touch the stretch, by calendar and specialist.

    `ignoring`: visits whose places are free.
    """
    if not calendar_ids:
        return {}
    seated = and_(
        ClassSeat.org_id == ClassSession.org_id,
        ClassSeat.session_id == ClassSession.id,
        ClassSeat.live,
        ClassSeat.holder_id.not_in(ignored(ignoring)),
    )
    rows = session.execute(
        select(
            ClassSession.calendar_id,
            ClassSession.specialist_id,
            ClassSession.id,
            ClassSession.starts_at,
            ClassSession.ends_at,
            ClassSession.before_min,
            ClassSession.after_min,
            func.count(ClassSeat.id).label("taken"),
        )
        .outerjoin(ClassSeat, seated)
        .where(
            ClassSession.org_id == org_id,
            ClassSession.calendar_id.in_(calendar_ids),
            ClassSession.live,
            ClassSession.starts_at < until,
            ClassSession.ends_at > since,
        )
        .group_by(ClassSession.org_id, ClassSession.id)
        .order_by(ClassSession.starts_at)
    )
    found: Meetings = defaultdict(list)
    for row in rows:
        found[row.calendar_id, str(row.specialist_id)].append(
            Session(
                from_datetime(row.starts_at),
                from_datetime(row.ends_at),
                row.before_min,
                row.after_min,
                taken=row.taken,
                ref=str(row.id),
            )
        )
    return found


def places_taken(
    session: Database,
    org_id: uuid.UUID,
    calendar_id: uuid.UUID,
    specialist_id: uuid.UUID,
    starts_at: dt.datetime,
) -> int:
    """How many have a place in the class that starts then."""
    return (
        session.scalar(
            select(func.count())
            .select_from(ClassSession)
            .join(
                ClassSeat,
                and_(
                    ClassSeat.org_id == ClassSession.org_id,
                    ClassSeat.session_id == ClassSession.id,
                    ClassSeat.live,
                ),
            )
            .where(
                ClassSession.org_id == org_id,
                ClassSession.calendar_id == calendar_id,
                ClassSession.specialist_id == specialist_id,
                ClassSession.starts_at == starts_at,
                ClassSession.live,
            )
        )
        or 0
    )


def meeting_with(
    session: Database, org_id: uuid.UUID, calendar_id: uuid.UUID, starts_at: dt.datetime
) -> frozenset[str]:
    """Specialists with whom the class meets already at that start: it fills before another is opened."""
    return frozenset(
        map(
            str,
            session.scalars(
                select(ClassSession.specialist_id).where(
                    ClassSession.org_id == org_id,
                    ClassSession.calendar_id == calendar_id,
                    ClassSession.starts_at == starts_at,
                    ClassSession.live,
                )
            ),
        )
    )


def class_view(session: Database, org_id: uuid.UUID, session_id: uuid.UUID) -> ClassView:
    """One meeting with its visits. Raises NotFound."""
    row = session.execute(
        select(
            ClassSession.id,
            ClassSession.calendar_id,
            Calendar.names,
            Service.names.label("service_names"),
            ClassSession.specialist_id,
            Specialist.name,
            ClassSession.starts_at,
            ClassSession.ends_at,
            ClassSession.capacity,
            ClassSession.live,
        )
        .join(
            Calendar,
            and_(Calendar.org_id == ClassSession.org_id, Calendar.id == ClassSession.calendar_id),
        )
        .join(
            Service,
            and_(Service.org_id == ClassSession.org_id, Service.id == ClassSession.service_id),
        )
        .join(
            Specialist,
            and_(
                Specialist.org_id == ClassSession.org_id,
                Specialist.id == ClassSession.specialist_id,
            ),
        )
        .where(ClassSession.org_id == org_id, ClassSession.id == session_id)
    ).one_or_none()
    if row is None:
        raise NotFound("class_not_found")
    visits = session.scalars(
        select(ClassSeat.holder_id)
        .where(ClassSeat.org_id == org_id, ClassSeat.session_id == session_id, ClassSeat.live)
        .order_by(ClassSeat.number)
    )
    return ClassView(
        row.id,
        row.calendar_id,
        row.names or row.service_names,
        row.specialist_id,
        row.name,
        row.starts_at,
        row.ends_at,
        row.capacity,
        row.live,
        tuple(visits),
    )


def class_of_visit(
    session: Database, org_id: uuid.UUID, appointment_id: uuid.UUID
) -> uuid.UUID | None:
    """The class that a visit has a place in."""
    return session.scalar(
        select(ClassSeat.session_id).where(
            ClassSeat.org_id == org_id, ClassSeat.holder_id == appointment_id, ClassSeat.live
        )
    )
