"""Hours and taken time of a calendar's people around a stretch, in one statement: what keeping a time asks for."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.scheduling.queries.calendars import Person, overrides_of, schedules
from app.scheduling.queries.ignoring import Ignoring, ignored
from app.scheduling.queries.taken import FOOTPRINTS, footprints, footprints_sent, taken_asked
from app.scheduling.rules.hours import Override, Schedule
from app.scheduling.rules.occupancy import Footprints

_AROUND = text(
    """
    SELECT resource_id AS whose, starts, ends, NULL::jsonb AS dates FROM (FOOTPRINTS) taken
    UNION ALL
    SELECT specialist_id, NULL, NULL, jsonb_agg(jsonb_build_array(day, kind, windows) ORDER BY day)
    FROM date_overrides
    WHERE org_id = :org AND specialist_id = ANY(:people) AND day BETWEEN :first AND :last
    GROUP BY specialist_id
    """.replace(
        "FOOTPRINTS", FOOTPRINTS.replace("true", "(reference_id <> ALL(:ignoring)) IS NOT FALSE")
    )
)
Overrides = dict[uuid.UUID, dict[dt.date, Override]]


@dataclass(frozen=True, slots=True)
class Around:
    """The own hours of each person by id, and the footprints on their time by resource."""

    hours: dict[uuid.UUID, Schedule]
    taken: dict[uuid.UUID, Footprints]


def around(
    session: Session,
    org_id: uuid.UUID,
    people: Sequence[Person],
    since: dt.datetime,
    until: dt.datetime,
    ignoring: Ignoring = None,
) -> Around:
    """Read both; in several statements where somebody came without their weekly hours."""
    resources = [one.resource_id for one in people]
    if any(one.weekly is None for one in people):
        hours = schedules(session, org_id, people, since.date(), until.date())
        return Around(hours, footprints(session, org_id, resources, since, until, ignoring))
    asked = {
        **taken_asked(org_id, resources, since, until),
        "ignoring": list(ignored(ignoring)),
        "people": [one.id for one in people],
        "first": since.date(),
        "last": until.date(),
    }
    session.flush()
    taken: dict[uuid.UUID, Footprints] = {}
    overrides: Overrides = defaultdict(dict)
    for whose, starts, ends, dates in session.connection().execute(_AROUND, asked):
        if dates is None:
            taken[whose] = footprints_sent(starts, ends)
        else:
            overrides[whose] = overrides_of(dates)
    return Around(
        {one.id: Schedule(one.time_zone, one.weekly, overrides[one.id]) for one in people}, taken
    )
