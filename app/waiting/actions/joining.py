"""Joining the list, leaving it, and the order in it."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import asdict, dataclass

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.consents.actions import grant
from app.kernel import live
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.outbox import emit
from app.lib.errors import Conflict, Invalid, NotFound
from app.lib.ids import uuid7
from app.messaging.wordings import SMS_APPOINTMENTS
from app.people.actions import Contact, add_guest
from app.people.models import Patient
from app.scheduling.models import Calendar
from app.waiting.actions.answering import withdraw
from app.waiting.models import WaitingEntry, WaitingOffer
from app.waiting.rules.matching import EVERY_DAY, EVERY_PART

JOINED = "waiting.joined"
# No calendar opens its times that far ahead; such a date is a slip of the finger.
FARTHEST = dt.timedelta(days=730)


@dataclass(frozen=True, slots=True)
class JoinWish:
    """What somebody waits for. `weekdays` and `parts` as in WaitingEntry; empty dates mean any."""

    calendar_id: uuid.UUID
    time_zone: str
    channel: str
    specialist_id: uuid.UUID | None = None
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    weekdays: int = EVERY_DAY
    parts: int = EVERY_PART


def join(
    session: Session, actor: Actor, patient_id: uuid.UUID, wish: JoinWish, *, now: dt.datetime
) -> uuid.UUID:
    """Put a patient on the list; who is on it already keeps their place and changes the wish.

    Raises Invalid for a wish that no time can meet.
    """
    _check(wish, now)
    values = asdict(wish)
    changed = {name: value for name, value in values.items() if name != "channel"}
    entry_id = session.execute(
        insert(WaitingEntry)
        .values(org_id=actor.clinic, id=uuid7(), patient_id=patient_id, created_at=now, **values)
        .on_conflict_do_update(
            index_elements=["org_id", "patient_id", "calendar_id"],
            # Written out: with a parameter a prepared statement would no longer find the index.
            index_where=text("state = 'waiting'"),
            set_=changed,
        )
        .returning(WaitingEntry.id)
    ).scalar_one()
    _told(session, actor, "waiting.join", entry_id, now)
    emit(session, actor.clinic, JOINED, {"entry_id": entry_id}, at=now)
    return entry_id


def join_as_guest(
    session: Session,
    actor: Actor,
    contact: Contact,
    wish: JoinWish,
    *,
    texts_allowed: bool,
    now: dt.datetime,
) -> uuid.UUID:
    """Put somebody without an account on the list, with their consent to texts.

    The same e-mail and phone in the same list are the same person: they change their wish and lose no place.
    """
    patient_id = _waits_already(session, actor, contact, wish.calendar_id)
    if patient_id is None:
        patient_id = add_guest(session, actor, contact, now)
    if texts_allowed:
        grant(
            session,
            actor,
            patient_id=patient_id,
            purpose=SMS_APPOINTMENTS,
            source="booking",
            now=now,
        )
    return join(session, actor, patient_id, wish, now=now)


def leave(session: Session, actor: Actor, entry_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Take somebody off the list; an offer that is open is withdrawn. Leaving twice is no error. Raises NotFound."""
    _end(session, actor, entry_id, "left", now)


def come_back(session: Session, actor: Actor, entry_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Take a leaving back: the same place as before. Raises Conflict `waiting_again` when they joined anew."""
    entry = _locked(session, actor, entry_id)
    if entry.state == "waiting":
        return
    again = session.scalar(
        select(WaitingEntry.id).where(
            WaitingEntry.org_id == actor.clinic,
            WaitingEntry.patient_id == entry.patient_id,
            WaitingEntry.calendar_id == entry.calendar_id,
            WaitingEntry.state == "waiting",
        )
    )
    if again is not None:
        raise Conflict("waiting_again")
    entry.state, entry.ended_at = "waiting", None
    session.flush()
    _told(session, actor, "waiting.come_back", entry_id, now)
    emit(session, actor.clinic, JOINED, {"entry_id": entry_id}, at=now)


def leave_booked(
    session: Session,
    actor: Actor,
    patient_id: uuid.UUID,
    service_id: uuid.UUID,
    *,
    now: dt.datetime,
) -> None:
    """Who has booked the service waits no more for it."""
    entries = session.scalars(
        select(WaitingEntry.id)
        .join(
            Calendar,
            (Calendar.org_id == WaitingEntry.org_id) & (Calendar.id == WaitingEntry.calendar_id),
        )
        .where(
            WaitingEntry.org_id == actor.clinic,
            WaitingEntry.patient_id == patient_id,
            WaitingEntry.state == "waiting",
            Calendar.service_id == service_id,
        )
    ).all()
    for entry_id in entries:
        _end(session, actor, entry_id, "booked", now)


def bring_forward(session: Session, actor: Actor, entry_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Make somebody the next in their calendar's list. Raises NotFound."""
    entry = _locked(session, actor, entry_id)
    highest = session.scalar(
        select(func.max(WaitingEntry.priority)).where(
            WaitingEntry.org_id == actor.clinic,
            WaitingEntry.calendar_id == entry.calendar_id,
            WaitingEntry.state == "waiting",
        )
    )
    entry.priority = (highest or 0) + 1
    session.flush()
    _told(session, actor, "waiting.bring_forward", entry_id, now)


def back_in_turn(session: Session, actor: Actor, entry_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Take a bringing forward back: the time of joining counts again. Raises NotFound."""
    entry = _locked(session, actor, entry_id)
    entry.priority = 0
    session.flush()
    _told(session, actor, "waiting.back_in_turn", entry_id, now)


def _end(session: Session, actor: Actor, entry_id: uuid.UUID, state: str, now: dt.datetime) -> None:
    entry = _locked(session, actor, entry_id)
    if entry.state != "waiting":
        return
    open_ids = session.scalars(
        select(WaitingOffer.id).where(
            WaitingOffer.org_id == actor.clinic,
            WaitingOffer.entry_id == entry_id,
            WaitingOffer.state == "open",
        )
    ).all()
    for offer_id in open_ids:
        withdraw(session, actor, offer_id, now=now)
    session.execute(
        update(WaitingEntry)
        .where(WaitingEntry.org_id == actor.clinic, WaitingEntry.id == entry_id)
        .values(state=state, ended_at=now)
    )
    _told(session, actor, "waiting.leave" if state == "left" else "waiting.booked", entry_id, now)


def _locked(session: Session, actor: Actor, entry_id: uuid.UUID) -> WaitingEntry:
    entry = session.get(
        WaitingEntry, (actor.clinic, entry_id), with_for_update=True, populate_existing=True
    )
    if entry is None:
        raise NotFound("waiting_entry_not_found")
    return entry


def _waits_already(
    session: Session, actor: Actor, contact: Contact, calendar_id: uuid.UUID
) -> uuid.UUID | None:
    return session.scalar(
        select(WaitingEntry.patient_id)
        .join(
            Patient,
            (Patient.org_id == WaitingEntry.org_id) & (Patient.id == WaitingEntry.patient_id),
        )
        .where(
            WaitingEntry.org_id == actor.clinic,
            WaitingEntry.calendar_id == calendar_id,
            WaitingEntry.state == "waiting",
            Patient.email == contact.email,
            Patient.phone == contact.phone,
        )
        .limit(1)
    )


def _check(wish: JoinWish, now: dt.datetime) -> None:
    if not wish.weekdays:
        raise Invalid.one("weekdays", "required")
    if not wish.parts:
        raise Invalid.one("parts", "required")
    if wish.last_day is not None and wish.last_day < (wish.first_day or now.date()):
        raise Invalid.one("last_day", "ends_before_start")
    for name, day in (("first_day", wish.first_day), ("last_day", wish.last_day)):
        if day is not None and day > now.date() + FARTHEST:
            raise Invalid.one(name, "date_impossible")


def _told(
    session: Session, actor: Actor, action: str, entry_id: uuid.UUID, now: dt.datetime
) -> None:
    record(session, actor, action, "waiting_entry", entry_id, at=now)
    live.tell(session, actor.clinic, live.WAITING)
