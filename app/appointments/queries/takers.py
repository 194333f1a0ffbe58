"""Who could take over the visits of a specialist who leaves: free at the same time, by the same rules (SPC-02)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from redis import Redis
from sqlalchemy.orm import Session

from app.appointments.queries.reassigning import ComingVisit
from app.appointments.rules.course import same_specialist
from app.lib.errors import NotFound
from app.scheduling.queries import Asker, CalendarView, calendar_view
from app.scheduling.queries.serving import serving
from app.scheduling.queries.slots import Found
from app.scheduling.rules.refusals import Refusal, why_each
from app.scheduling.rules.walltime import from_datetime


@dataclass(frozen=True, slots=True)
class Handover:
    """A visit with those who could take it at its time, the proposed one, and why the others cannot.

    `calendar` is None when its calendar is open no more: then nobody can take it as it is.
    """

    visit: ComingVisit
    calendar: CalendarView | None
    able: tuple[uuid.UUID, ...]
    proposed: uuid.UUID | None
    refusals: dict[str, tuple[Refusal, ...]]


def handovers(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    visits: Sequence[ComingVisit],
    leaving: uuid.UUID,
    asker: Asker,
) -> list[Handover]:
    """Each visit with its takers; as few people as possible are proposed. Reads once a calendar, however many."""
    by_calendar: dict[uuid.UUID | None, list[ComingVisit]] = defaultdict(list)
    for visit in visits:
        by_calendar[visit.calendar_id].append(visit)
    refused: dict[uuid.UUID, dict[str, tuple[Refusal, ...]]] = {}
    able: dict[uuid.UUID, list[str]] = {visit.id: [] for visit in visits}
    calendars: dict[uuid.UUID | None, CalendarView] = {}
    for calendar_id, group in by_calendar.items():
        calendar = _calendar(session, org_id, calendar_id)
        if calendar is None:
            continue
        calendars[calendar_id] = calendar
        people = [one for one in calendar.people if one.active and one.id != leaving]
        since, until = group[0].starts_at, group[-1].ends_at
        there = serving(session, redis, org_id, calendar, people, asker, since, until)
        window = (from_datetime(since), from_datetime(until))
        offer = Found.of(calendar, asker, there, window).offer
        for visit in group:
            why = why_each(offer, there, from_datetime(visit.starts_at), asker.asking)
            refused[visit.id] = why
            able[visit.id] = [one.id for one in there if one.id not in why]
    proposed = same_specialist([able[visit.id] for visit in visits])
    return [
        Handover(
            visit,
            calendars.get(visit.calendar_id),
            tuple(uuid.UUID(one) for one in able[visit.id]),
            uuid.UUID(who) if who else None,
            refused.get(visit.id, {}),
        )
        for visit, who in zip(visits, proposed, strict=True)
    ]


def _calendar(
    session: Session, org_id: uuid.UUID, calendar_id: uuid.UUID | None
) -> CalendarView | None:
    if calendar_id is None:
        return None
    try:
        return calendar_view(session, org_id, calendar_id=calendar_id)
    except NotFound:
        return None
