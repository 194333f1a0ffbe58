"""How full dates are: visits counted in the database, one row a date and specialist, beside the time that is open."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.appointments.queries.agenda import open_hours
from app.lib.intervals import Span, intersect
from app.scheduling.queries.slots import midnight
from app.scheduling.rules.walltime import from_datetime

# Counted where the rows lie: a month of ten thousand visits comes back as some hundred rows.
_COUNTS = text(
    """
    SELECT (starts_at AT TIME ZONE :zone)::date AS day, specialist_id,
           count(*) AS visits,
           sum(extract(epoch FROM ends_at - starts_at) / 60)::int AS minutes,
           count(*) FILTER (WHERE state = 'no_show') AS missed
    FROM appointments
    WHERE org_id = :org AND starts_at >= :since AND starts_at < :until
      AND specialist_id = ANY(:specialists) AND state <> 'cancelled' AND deleted_at IS NULL
      AND (CAST(:room AS uuid) IS NULL OR room_id = :room OR device_id = :room)
    GROUP BY 1, 2
    """
)


@dataclass(frozen=True, slots=True)
class Load:
    """A date of a specialist, or of several together: visits, their minutes, and the minutes that are open."""

    visits: int = 0
    minutes: int = 0
    missed: int = 0
    open_minutes: int = 0

    def __add__(self, other: Load) -> Load:
        return Load(
            self.visits + other.visits,
            self.minutes + other.minutes,
            self.missed + other.missed,
            self.open_minutes + other.open_minutes,
        )

    @property
    def percent(self) -> int | None:
        """How much of the open time is taken, at most 100; None where nothing is open."""
        return (
            min(100, round(100 * self.minutes / self.open_minutes)) if self.open_minutes else None
        )


@dataclass(frozen=True, slots=True)
class Loads:
    """Consecutive dates for specialists, by name; what is missing in `cells` is neither open nor booked."""

    dates: tuple[dt.date, ...]
    people: tuple[tuple[uuid.UUID, str], ...]
    cells: dict[tuple[uuid.UUID, dt.date], Load]

    def of(self, specialist_id: uuid.UUID, date: dt.date) -> Load:
        """One specialist's date."""
        return self.cells.get((specialist_id, date), Load())

    def on(self, date: dt.date) -> Load:
        """Everybody's date."""
        return sum((self.of(one, date) for one, _name in self.people), Load())


def loads(
    session: Session,
    org_id: uuid.UUID,
    first: dt.date,
    days: int,
    *,
    time_zone: str,
    location_id: uuid.UUID | None = None,
    specialist_id: uuid.UUID | None = None,
    room_id: uuid.UUID | None = None,
) -> Loads:
    """How full `days` dates from `first` are, on the clinic's clock; of a room no time counts as open."""
    dates = tuple(first + dt.timedelta(offset) for offset in range(days))
    midnights = [midnight(one, time_zone) for one in [*dates, first + dt.timedelta(days)]]
    people = open_hours(session, org_id, first, days, time_zone, location_id, specialist_id)
    cells: dict[tuple[uuid.UUID, dt.date], Load] = defaultdict(Load)
    rows = session.execute(
        _COUNTS,
        {
            "org": org_id,
            "zone": time_zone,
            "since": midnights[0],
            "until": midnights[-1],
            "specialists": [person.id for person, _open in people],
            "room": room_id,
        },
    )
    for row in rows:
        cells[row.specialist_id, row.day] = Load(row.visits, row.minutes, row.missed)
    if room_id is None:
        for person, open_ in people:
            _add_open(cells, person.id, open_, dates, [from_datetime(one) for one in midnights])
    return Loads(dates, tuple((one.id, one.name) for one, _open in people), dict(cells))


def _add_open(
    cells: dict[tuple[uuid.UUID, dt.date], Load],
    specialist_id: uuid.UUID,
    open_: tuple[Span, ...],
    dates: tuple[dt.date, ...],
    midnights: list[int],
) -> None:
    for date, start, end in zip(dates, midnights, midnights[1:], strict=False):
        minutes = sum(last - begin for begin, last in intersect(open_, [(start, end)]))
        if minutes:
            cells[specialist_id, date] += Load(open_minutes=minutes)
