"""People as the rules want them for a calendar: hours, taken time, holds, and the classes that can be joined."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence

from redis import Redis
from sqlalchemy.orm import Session

from app.scheduling.holds import Holds
from app.scheduling.queries.around import Around, around
from app.scheduling.queries.asker import Asker
from app.scheduling.queries.calendars import CalendarView, Person, schedules
from app.scheduling.queries.classes import Meetings, meetings
from app.scheduling.queries.ignoring import Ignoring, ignored_references
from app.scheduling.queries.spaces import pools_of
from app.scheduling.queries.taken import busy_times
from app.scheduling.rules.availability import Specialist
from app.scheduling.rules.classes import joining
from app.scheduling.rules.occupancy import NOTHING, Busy, Pool

# The longest footprint and the farthest zones lie within a day on each side.
MARGIN = dt.timedelta(days=1)


def pools_around(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    asker: Asker,
    since: dt.datetime,
    until: dt.datetime,
    ignoring: Ignoring = None,
) -> tuple[Pool, ...]:
    """The rooms and devices of which a visit of the calendar needs one, with their taken time; () for none."""
    around = (since - MARGIN, until + MARGIN)
    found = pools_of(session, redis, org_id, [calendar], asker.now, *around, ignoring)
    return found.get(calendar.id, ())


def serving(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    people: Sequence[Person],
    asker: Asker,
    since: dt.datetime,
    until: dt.datetime,
    ignoring: Ignoring = None,
    *,
    rows: bool = True,
) -> list[Specialist]:
    """The people as the rules want them for this calendar: its own classes can be joined.

    With `rows` taken time is read in rows, which explanations need; else only where the calendar's rules do.
    """
    found = specialists_of(
        session,
        redis,
        org_id,
        people,
        asker.now,
        since,
        until,
        ignoring,
        rows=rows or calendar.offer.needs_rows,
    )
    classes = meetings_of(session, org_id, [calendar], since - MARGIN, until + MARGIN, ignoring)
    return joining_classes(calendar, found, classes, asker.client)


def meetings_of(
    session: Session,
    org_id: uuid.UUID,
    calendars: Sequence[CalendarView],
    since: dt.datetime,
    until: dt.datetime,
    ignoring: Ignoring = None,
) -> Meetings:
    """The meetings of those that are class calendars; no statement where none is."""
    of_classes = [one.id for one in calendars if one.offer.capacity > 1]
    return meetings(session, org_id, of_classes, since, until, ignoring)


def joining_classes(
    calendar: CalendarView,
    people: list[Specialist],
    found: Meetings,
    client: str | None,
) -> list[Specialist]:
    """The people, who in a class calendar can be joined where they meet already."""
    if calendar.offer.capacity < 2:
        return people
    group = str(calendar.id)
    return [
        joining(one, calendar.offer, found.get((calendar.id, one.id), ()), group, client)
        for one in people
    ]


def specialists_of(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    people: Sequence[Person],
    now: dt.datetime,
    since: dt.datetime,
    until: dt.datetime,
    ignoring: Ignoring = None,
    *,
    rows: bool,
) -> list[Specialist]:
    """The people with their hours, taken time (in rows or as footprints) and holds around the stretch."""
    wide = (since - MARGIN, until + MARGIN)
    # Before taken time: a hold ends after the commit of its visit, so whoever no longer sees the one sees the other.
    holds = Holds(redis, org_id).of([one.resource for one in people], now)
    resources = [one.resource_id for one in people]
    busy = _rows(session, org_id, resources, *wide, ignoring) if rows else {}
    found = (
        Around(schedules(session, org_id, people, wide[0].date(), wide[1].date()), {})
        if rows
        else around(session, org_id, people, *wide, ignoring)
    )
    return [
        Specialist(
            id=str(one.id),
            hours=one.layers(found.hours[one.id]),
            busy=busy.get(one.resource_id, ()),
            holds=holds.get(one.resource, ()),
            active=one.active,
            site=str(one.location_id or ""),
            footprints=found.taken.get(one.resource_id, NOTHING),
        )
        for one in people
    ]


def _rows(
    session: Session,
    org_id: uuid.UUID,
    resources: Collection[uuid.UUID],
    since: dt.datetime,
    until: dt.datetime,
    ignoring: Ignoring,
) -> dict[uuid.UUID, list[Busy]]:
    found = busy_times(session, org_id, resources, since, until)
    moving = ignored_references(ignoring)
    if not moving:
        return found
    return {one: [row for row in rows if row.ref not in moving] for one, rows in found.items()}
