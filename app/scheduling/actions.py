"""Taking and freeing time, working hours, resources. Occupancy is written here and nowhere else (SCH-05)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel import live
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.db import table_of
from app.lib.errors import Invalid
from app.lib.ids import uuid7
from app.scheduling.models import (
    Calendar,
    CalendarSpecialist,
    DateOverride,
    Occupancy,
    Resource,
    Room,
    WeeklyHours,
)


@dataclass(frozen=True, slots=True)
class Taken:
    """The time that a visit takes: the visit itself and its buffers in minutes."""

    visit_starts_at: dt.datetime
    visit_ends_at: dt.datetime
    before_min: int = 0
    after_min: int = 0

    @property
    def starts_at(self) -> dt.datetime:
        return self.visit_starts_at - dt.timedelta(minutes=self.before_min)

    @property
    def ends_at(self) -> dt.datetime:
        return self.visit_ends_at + dt.timedelta(minutes=self.after_min)


_TABLE = table_of(Occupancy)
_OCCUPY = insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id)


def occupy(
    session: Session,
    org_id: uuid.UUID,
    resource_id: uuid.UUID,
    number: int,
    taken: Taken,
    *,
    kind: str,
    reference_id: uuid.UUID | None,
) -> bool:
    """Take the time of a resource; False when somebody has it already.

    ON CONFLICT DO NOTHING over the exclusion constraint: a loser waits for the winner's commit and gets no row, without
    an error and without a deadlock (research: the plain form deadlocks under a herd).
    """
    row = session.execute(
        _OCCUPY,
        {
            "org_id": org_id,
            "id": uuid7(),
            "resource_id": resource_id,
            "resource_number": number,
            "starts_at": taken.starts_at,
            "ends_at": taken.ends_at,
            "visit_starts_at": taken.visit_starts_at,
            "visit_ends_at": taken.visit_ends_at,
            "kind": kind,
            "reference_id": reference_id,
        },
    ).scalar_one_or_none()
    live.tell(session, org_id, live.AVAILABILITY)
    return row is not None


def free(session: Session, org_id: uuid.UUID, reference_id: uuid.UUID) -> None:
    """Give back all time that a visit or a block holds; the rows stay as history."""
    session.execute(
        update(Occupancy)
        .where(Occupancy.org_id == org_id, Occupancy.reference_id == reference_id, Occupancy.live)
        .values(live=False)
    )
    live.tell(session, org_id, live.AVAILABILITY)


def add_resource(
    session: Session,
    org_id: uuid.UUID,
    *,
    specialist_id: uuid.UUID | None = None,
    room_id: uuid.UUID | None = None,
) -> tuple[uuid.UUID, int]:
    """Make the time of a specialist or a room bookable; gives the resource's id and number."""
    row = session.execute(
        insert(Resource)
        .values(org_id=org_id, id=uuid7(), specialist_id=specialist_id, room_id=room_id)
        .returning(Resource.id, Resource.number)
    ).one()
    return row.id, row.number


def resource_of_room(
    session: Session, org_id: uuid.UUID, room_id: uuid.UUID
) -> tuple[uuid.UUID, int] | None:
    """The resource of a room."""
    row = session.execute(
        select(Resource.id, Resource.number).where(
            Resource.org_id == org_id, Resource.room_id == room_id
        )
    ).one_or_none()
    return None if row is None else (row.id, row.number)


@dataclass(frozen=True, slots=True)
class WeeklyWindow:
    """A working window: weekday 0 is Monday, minutes of the specialist's wall clock."""

    weekday: int
    start_min: int
    end_min: int


def set_weekly_hours(
    session: Session,
    actor: Actor,
    specialist_id: uuid.UUID,
    windows: Sequence[WeeklyWindow],
    now: dt.datetime,
) -> None:
    """Replace a specialist's weekly hours. Raises Invalid for windows that overlap or lie outside a day."""
    _check_windows(windows)
    where = (WeeklyHours.org_id == actor.clinic, WeeklyHours.specialist_id == specialist_id)
    before = session.execute(
        select(WeeklyHours.weekday, WeeklyHours.start_min, WeeklyHours.end_min)
        .where(*where)
        .order_by(WeeklyHours.weekday, WeeklyHours.start_min)
    ).all()
    session.execute(delete(WeeklyHours).where(*where))
    if windows:
        session.execute(
            insert(WeeklyHours).values(
                [
                    {
                        "org_id": actor.clinic,
                        "id": uuid7(),
                        "specialist_id": specialist_id,
                        "weekday": one.weekday,
                        "start_min": one.start_min,
                        "end_min": one.end_min,
                    }
                    for one in windows
                ]
            )
        )
    record(
        session,
        actor,
        "schedule.set_weekly_hours",
        "specialist",
        specialist_id,
        at=now,
        before={"windows": [list(row) for row in before]},
        after={"windows": [[one.weekday, one.start_min, one.end_min] for one in windows]},
    )
    live.tell(session, actor.clinic, live.AVAILABILITY)


def set_override(
    session: Session,
    actor: Actor,
    specialist_id: uuid.UUID,
    day: dt.date,
    kind: str,
    windows: Sequence[tuple[int, int]],
    reason: str,
    now: dt.datetime,
) -> None:
    """Say what is different on one local date: `replace` without windows closes it (SCH-01)."""
    _check_windows([WeeklyWindow(0, start, end) for start, end in windows])
    values = {"windows": [list(one) for one in windows], "reason": reason}
    session.execute(
        insert(DateOverride)
        .values(
            org_id=actor.clinic,
            id=uuid7(),
            specialist_id=specialist_id,
            day=day,
            kind=kind,
            **values,
        )
        .on_conflict_do_update(
            index_elements=["org_id", "specialist_id", "day", "kind"], set_=values
        )
    )
    record(
        session,
        actor,
        "schedule.set_override",
        "specialist",
        specialist_id,
        at=now,
        after={"day": day.isoformat(), "kind": kind, "windows": values["windows"]},
        reason=reason or None,
    )
    live.tell(session, actor.clinic, live.AVAILABILITY)


def _check_windows(windows: Iterable[WeeklyWindow]) -> None:
    by_day: dict[int, list[tuple[int, int]]] = {}
    for one in windows:
        inside = 0 <= one.weekday <= 6 and 0 <= one.start_min < 1440 and 0 <= one.end_min <= 1440
        if not inside or one.start_min == one.end_min:
            raise Invalid.one("hours", "window_malformed")
        end = one.end_min if one.end_min > one.start_min else one.end_min + 1440
        by_day.setdefault(one.weekday, []).append((one.start_min, end))
    for spans in by_day.values():
        ordered = sorted(spans)
        if any(after[0] < before[1] for before, after in pairwise(ordered)):
            raise Invalid.one("hours", "windows_overlap")


@dataclass(frozen=True, slots=True)
class CalendarDraft:
    """A way to book a service; empty figures fall back to the service's (CAT-03)."""

    slug: str
    service_id: uuid.UUID
    specialist_ids: tuple[uuid.UUID, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    modality: str = "in_person"
    strategy: str = "round_robin"
    public: bool = True
    duration_min: int | None = None
    price_minor: int | None = None


def add_calendar(
    session: Session, actor: Actor, draft: CalendarDraft, *, now: dt.datetime
) -> uuid.UUID:
    """Open a calendar with the specialists who serve it."""
    calendar_id = uuid7()
    values = asdict(draft)
    specialist_ids = values.pop("specialist_ids")
    session.execute(
        insert(Calendar).values(org_id=actor.clinic, id=calendar_id, created_at=now, **values)
    )
    for specialist_id in specialist_ids:
        session.execute(
            insert(CalendarSpecialist).values(
                org_id=actor.clinic,
                id=uuid7(),
                calendar_id=calendar_id,
                specialist_id=specialist_id,
                created_at=now,
            )
        )
    record(session, actor, "schedule.add_calendar", "calendar", calendar_id, at=now)
    live.tell(session, actor.clinic, live.AVAILABILITY)
    return calendar_id


def add_room(
    session: Session, actor: Actor, location_id: uuid.UUID, name: str, *, now: dt.datetime
) -> uuid.UUID:
    """A room of a location, with its bookable time (SCH-07)."""
    room_id = uuid7()
    session.execute(
        insert(Room).values(
            org_id=actor.clinic, id=room_id, location_id=location_id, name=name, created_at=now
        )
    )
    add_resource(session, actor.clinic, room_id=room_id)
    record(session, actor, "schedule.add_room", "room", room_id, at=now, after={"name": name})
    return room_id
