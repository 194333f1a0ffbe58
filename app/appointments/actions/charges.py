"""What is due after a late or missed visit: recorded once, never changed, let off only with a reason (APT-03)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Select, insert, select
from sqlalchemy.orm import Session

from app.appointments.actions.changes import load
from app.appointments.models import Appointment, ChargeRelease, VisitCharge
from app.appointments.rules.policy import LATE_CANCEL, NO_SHOW, owed
from app.catalog.terms import read
from app.kernel import live
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, Invalid, NotFound
from app.lib.ids import uuid7
from app.lib.text import clean_line

WAIVED, UNDONE = "waived", "undone"
LONGEST_REASON = 500


def charge(
    session: Session,
    actor: Actor,
    changed: Appointment,
    what: str,
    *,
    starts_at: dt.datetime,
    now: dt.datetime,
    by_patient: bool = True,
) -> uuid.UUID | None:
    """Record what follows from a change that was just made; None when nothing does.

    `starts_at` is the start before the change. The terms are those that the visit froze when it was booked.
    """
    due = owed(
        what, now, starts_at, read(changed.terms), changed.price_minor, by_patient=by_patient
    )
    if due is None:
        return None
    charge_id = uuid7()
    session.execute(
        insert(VisitCharge).values(
            org_id=changed.org_id,
            id=charge_id,
            appointment_id=changed.id,
            version=changed.version,
            what=due.what,
            amount_minor=due.amount_minor,
            currency=changed.currency,
            session_lost=due.session_lost,
            starts_at=starts_at,
            price_minor=changed.price_minor,
            terms=changed.terms,
            created_at=now,
        )
    )
    record(
        session,
        actor,
        "appointments.charge",
        "appointment",
        changed.id,
        at=now,
        after={"what": due.what, "amount_minor": due.amount_minor, "currency": changed.currency},
    )
    return charge_id


def take_back(session: Session, actor: Actor, visit: Appointment, *, now: dt.datetime) -> None:
    """A cancellation or a no-show was taken back: what it made due is due no longer."""
    standing = session.scalars(
        _standing()
        .where(VisitCharge.org_id == visit.org_id, VisitCharge.appointment_id == visit.id)
        .where(VisitCharge.what.in_((LATE_CANCEL, NO_SHOW)))
    ).all()
    for one in standing:
        _release(session, actor, one, UNDONE, "", now)


def waive(
    session: Session, actor: Actor, charge_id: uuid.UUID, *, reason: str, now: dt.datetime
) -> None:
    """Let a charge off. Raises Invalid without a reason, NotFound, Conflict `charge_released` when it was let off."""
    said = clean_line(reason)[:LONGEST_REASON]
    if not said:
        raise Invalid.one("reason", "required")
    found = session.get(VisitCharge, (actor.clinic, charge_id))
    if found is None:
        raise NotFound("charge_not_found")
    load(
        session, actor, found.appointment_id
    )  # Its lock: two who waive at once do it one after the other.
    if session.scalar(_standing().where(VisitCharge.id == charge_id)) is None:
        raise Conflict("charge_released")
    _release(session, actor, found, WAIVED, said, now)
    record(
        session,
        actor,
        "appointments.waive",
        "appointment",
        found.appointment_id,
        at=now,
        before={"amount_minor": found.amount_minor, "currency": found.currency},
        reason=said,
    )
    live.tell(session, actor.clinic, live.APPOINTMENTS)


def _standing() -> Select[VisitCharge]:
    released = (
        select(ChargeRelease.id)
        .where(
            ChargeRelease.org_id == VisitCharge.org_id, ChargeRelease.charge_id == VisitCharge.id
        )
        .exists()
    )
    return select(VisitCharge).where(~released)


def _release(
    session: Session, actor: Actor, found: VisitCharge, why: str, reason: str, now: dt.datetime
) -> None:
    session.execute(
        insert(ChargeRelease).values(
            org_id=found.org_id,
            id=uuid7(),
            charge_id=found.id,
            why=why,
            reason=reason,
            released_by=actor.human_id,
            created_at=now,
        )
    )
