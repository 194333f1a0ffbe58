"""What every change of a visit leaves: a step in its history, an event, and word to open pages."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.appointments.models import Appointment, AppointmentChange
from app.kernel import live
from app.kernel.access.actor import STAFF, Actor
from app.kernel.db import table_of, write_row
from app.kernel.outbox import emit
from app.lib.errors import Conflict, NotFound
from app.lib.ids import uuid7

# Staff may take a change back before anybody is told of it (BYD-05).
GRACE = dt.timedelta(seconds=20)


def load(session: Session, actor: Actor, appointment_id: uuid.UUID) -> Appointment:
    """The visit, locked for this change. Raises NotFound."""
    found = session.get(
        Appointment,
        (actor.clinic, appointment_id),
        with_for_update={"of": Appointment},
        populate_existing=True,
    )
    if found is None or found.deleted_at is not None:
        raise NotFound("appointment_not_found")
    return found


def demand_version(
    session: Session, actor: Actor, appointment_id: uuid.UUID, version: int
) -> Appointment:
    """The visit, locked, if it is still as somebody saw it. Raises Conflict `appointment_changed`, NotFound."""
    found = load(session, actor, appointment_id)
    if found.version != version:
        raise Conflict("appointment_changed")
    return found


def apply(
    session: Session,
    actor: Actor,
    appointment: Appointment,
    verb: str,
    values: dict[str, Any],
    *,
    now: dt.datetime,
    reason: str | None = None,
) -> Appointment:
    """Write a change, demanding the state and version that were read; one step of history.

    Raises Conflict when somebody else changed the visit meanwhile.
    """
    before_state, before_start = appointment.state, appointment.starts_at
    changed = session.scalars(
        update(Appointment)
        .where(
            Appointment.org_id == appointment.org_id,
            Appointment.id == appointment.id,
            Appointment.version == appointment.version,
            Appointment.state == before_state,
        )
        .values(version=appointment.version + 1, **values)
        .returning(Appointment)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if changed is None:
        raise Conflict("appointment_changed")
    note_change(
        session,
        actor,
        changed,
        verb,
        now=now,
        from_state=before_state,
        from_starts_at=before_start,
        reason=reason,
    )
    return changed


_CHANGES = table_of(AppointmentChange)


def note_change(
    session: Session,
    actor: Actor,
    appointment: Appointment,
    verb: str,
    *,
    now: dt.datetime,
    from_state: str | None,
    from_starts_at: dt.datetime | None = None,
    reason: str | None = None,
) -> None:
    """Append one step to the history of a visit."""
    write_row(
        session,
        _CHANGES,
        {
            "org_id": appointment.org_id,
            "id": uuid7(),
            "appointment_id": appointment.id,
            "version": appointment.version,
            "at": now,
            "verb": verb,
            "actor_kind": actor.kind,
            "actor_human_id": actor.human_id,
            "from_state": from_state,
            "to_state": appointment.state,
            "from_starts_at": from_starts_at,
            "to_starts_at": appointment.starts_at,
            "reason": reason,
            "created_at": now,
        },
    )
    live.tell(session, appointment.org_id, live.APPOINTMENTS)


def announce(
    session: Session,
    actor: Actor,
    appointment: Appointment,
    name: str,
    *,
    now: dt.datetime,
    in_course: bool = False,
) -> None:
    """Emit the event; what staff do waits for the grace in which it can be taken back.

    `in_course`: a change of its whole course, of which the patient is told in one message of its own.
    """
    emit(
        session,
        appointment.org_id,
        name,
        {
            "appointment_id": appointment.id,
            "version": appointment.version,
            **({"course": True} if in_course else {}),
        },
        at=now,
        available_at=now + GRACE if actor.kind == STAFF else now,
    )
