"""Seats of group classes, guarded as strictly as a single specialist's time (CAT-02).

Who takes or leaves a seat locks the session's row, so seats are handed out one after another; the database refuses a
second live seat of one number and any above the capacity, whatever this code believes.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app.kernel import live
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict
from app.lib.ids import uuid7
from app.scheduling.actions.occupancy import Taken, free, occupy
from app.scheduling.actions.spaces import Placed, Wanted, take_spaces
from app.scheduling.models import ClassSeat, ClassSession

# Opening, joining and closing may cross twice, hardly three times.
TRIES = 4


class ClassAboveCapacity(Conflict):
    """Fewer places are wanted than are taken in the classes that start then."""

    def __init__(self, starts: list[dt.datetime]) -> None:
        super().__init__("class_above_capacity")
        self.starts = starts


@dataclass(frozen=True, slots=True)
class ClassAt:
    """Which class is meant: a calendar's, with a specialist, over a time."""

    calendar_id: uuid.UUID
    service_id: uuid.UUID
    specialist_id: uuid.UUID
    resource_id: uuid.UUID
    resource: int
    taken: Taken
    capacity: int
    spaces: Wanted


def take_seat(
    session: Session, org_id: uuid.UUID, which: ClassAt, holder_id: uuid.UUID
) -> Placed | None:
    """Take a place in the class, opening it where nobody has, and say where it meets.

    None when it is full, or its time or a room for it is not free.
    """
    for _ in range(TRIES):
        found = _lock_open(session, org_id, which)
        if found is not None:
            seated = _seat(session, org_id, found, holder_id)
            return Placed(found.room_id, found.device_id) if seated else None
        if _open(session, org_id, which) is None and _lock_open(session, org_id, which) is None:
            return None
    return None


def leave_seats(session: Session, org_id: uuid.UUID, holder_id: uuid.UUID) -> None:
    """Give back the place of a visit or an offer; a class that nobody is left in frees its specialist."""
    row = session.execute(
        select(ClassSession.id)
        .join(
            ClassSeat,
            (ClassSeat.org_id == ClassSession.org_id) & (ClassSeat.session_id == ClassSession.id),
        )
        .where(ClassSeat.org_id == org_id, ClassSeat.holder_id == holder_id, ClassSeat.live)
        .with_for_update(of=ClassSession)
    ).one_or_none()
    if row is None:
        return
    session.execute(
        update(ClassSeat)
        .where(ClassSeat.org_id == org_id, ClassSeat.holder_id == holder_id, ClassSeat.live)
        .values(live=False)
    )
    if not _taken(session, org_id, row.id):
        session.execute(
            update(ClassSession)
            .where(ClassSession.org_id == org_id, ClassSession.id == row.id)
            .values(live=False)
        )
        free(session, org_id, row.id)
    live.tell(session, org_id, live.AVAILABILITY)


def change_capacity(
    session: Session, actor: Actor, service_id: uuid.UUID, capacity: int, *, now: dt.datetime
) -> None:
    """Give the coming classes of a service another number of places.

    Raises ClassAboveCapacity with the starts of the classes in which more places are taken already.
    """
    rows = session.scalars(
        select(ClassSession)
        .where(
            ClassSession.org_id == actor.clinic,
            ClassSession.service_id == service_id,
            ClassSession.live,
            ClassSession.ends_at > now,
        )
        .order_by(ClassSession.starts_at, ClassSession.id)
        .with_for_update()
    ).all()
    above = [one for one in rows if len(_numbers(session, actor.clinic, one.id)) > capacity]
    if above:
        raise ClassAboveCapacity([one.starts_at for one in above])
    for one in rows:
        if one.capacity != capacity:
            _renumber(session, actor.clinic, one.id, capacity)
            one.capacity = capacity
    if rows:
        session.flush()
        record(
            session,
            actor,
            "classes.capacity",
            "service",
            service_id,
            at=now,
            after={"capacity": capacity, "classes": len(rows)},
        )
        live.tell(session, actor.clinic, live.AVAILABILITY)


def _lock_open(session: Session, org_id: uuid.UUID, which: ClassAt) -> ClassSession | None:
    return session.scalars(
        select(ClassSession)
        .where(
            ClassSession.org_id == org_id,
            ClassSession.calendar_id == which.calendar_id,
            ClassSession.specialist_id == which.specialist_id,
            ClassSession.starts_at == which.taken.visit_starts_at,
            ClassSession.live,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def _open(session: Session, org_id: uuid.UUID, which: ClassAt) -> uuid.UUID | None:
    """A new session with the specialist's time and its room; None when either is somebody's already."""
    session_id = uuid7()
    savepoint = session.begin_nested()
    won = occupy(
        session,
        org_id,
        which.resource_id,
        which.resource,
        which.taken,
        kind="class",
        reference_id=session_id,
    )
    placed = won and take_spaces(
        session, org_id, which.spaces, which.taken, session_id, kind="class"
    )
    if not placed:
        savepoint.rollback()
        return None
    savepoint.commit()
    session.execute(
        insert(ClassSession).values(
            org_id=org_id,
            id=session_id,
            calendar_id=which.calendar_id,
            service_id=which.service_id,
            specialist_id=which.specialist_id,
            starts_at=which.taken.visit_starts_at,
            ends_at=which.taken.visit_ends_at,
            before_min=which.taken.before_min,
            after_min=which.taken.after_min,
            capacity=which.capacity,
            room_id=placed.room_id,
            device_id=placed.device_id,
        )
    )
    return session_id


def _seat(session: Session, org_id: uuid.UUID, found: ClassSession, holder_id: uuid.UUID) -> bool:
    taken = set(_numbers(session, org_id, found.id))
    number = next((one for one in range(1, found.capacity + 1) if one not in taken), None)
    if number is None:
        return False
    session.execute(
        insert(ClassSeat).values(
            org_id=org_id,
            id=uuid7(),
            session_id=found.id,
            capacity=found.capacity,
            number=number,
            holder_id=holder_id,
        )
    )
    live.tell(session, org_id, live.AVAILABILITY)
    return True


def _numbers(session: Session, org_id: uuid.UUID, session_id: uuid.UUID) -> list[int]:
    return list(
        session.scalars(
            select(ClassSeat.number)
            .where(ClassSeat.org_id == org_id, ClassSeat.session_id == session_id, ClassSeat.live)
            .order_by(ClassSeat.number)
        )
    )


def _taken(session: Session, org_id: uuid.UUID, session_id: uuid.UUID) -> int:
    return (
        session.scalar(
            select(func.count()).where(
                ClassSeat.org_id == org_id, ClassSeat.session_id == session_id, ClassSeat.live
            )
        )
        or 0
    )


def _renumber(session: Session, org_id: uuid.UUID, session_id: uuid.UUID, capacity: int) -> None:
    """Move the seats above the new capacity to numbers that are free below it."""
    taken = _numbers(session, org_id, session_id)
    spare = iter(sorted(set(range(1, capacity + 1)) - set(taken)))
    for number in [one for one in taken if one > capacity]:
        session.execute(
            update(ClassSeat)
            .where(
                ClassSeat.org_id == org_id,
                ClassSeat.session_id == session_id,
                ClassSeat.number == number,
                ClassSeat.live,
            )
            .values(number=next(spare))
        )
