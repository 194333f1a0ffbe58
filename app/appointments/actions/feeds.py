"""Private calendar feeds: a new address ends the one before, and can be ended without a new one (SPC-02, PRT-01)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, insert, update
from sqlalchemy.orm import Session

from app.appointments.models import CalendarFeed
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.tokens import new_single_use_token
from app.lib.errors import Refused
from app.lib.ids import uuid7


@dataclass(frozen=True, slots=True)
class Whose:
    """A specialist's feed or a patient's: exactly one of the two is given."""

    specialist_id: uuid.UUID | None = None
    patient_id: uuid.UUID | None = None

    def rows(self, org_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
        """The conditions of this one's feeds that are open."""
        return (
            CalendarFeed.org_id == org_id,
            CalendarFeed.specialist_id.is_not_distinct_from(self.specialist_id),
            CalendarFeed.patient_id.is_not_distinct_from(self.patient_id),
            CalendarFeed.revoked_at.is_(None),
        )


def open_feed(session: Session, actor: Actor, whose: Whose, *, now: dt.datetime) -> str:
    """A fresh address's token, shown once; an earlier address stops working.

    Raises Refused `feed_is_personal` for staff who act for a patient: the address would outlive their permission.
    """
    if actor.on_behalf_of is not None:
        raise Refused("feed_is_personal")
    _revoke(session, actor, whose, now)
    token, feed_id = new_single_use_token(), uuid7()
    session.execute(
        insert(CalendarFeed).values(
            org_id=actor.clinic,
            id=feed_id,
            specialist_id=whose.specialist_id,
            patient_id=whose.patient_id,
            token_digest=token.hashed,
            created_at=now,
        )
    )
    record(session, actor, "calendar_feed.open", "calendar_feed", feed_id, at=now)
    return token.plain


def end_feed(session: Session, actor: Actor, whose: Whose, *, now: dt.datetime) -> bool:
    """End the address; False when there was none."""
    ended = _revoke(session, actor, whose, now)
    for feed_id in ended:
        record(session, actor, "calendar_feed.end", "calendar_feed", feed_id, at=now)
    return bool(ended)


def _revoke(session: Session, actor: Actor, whose: Whose, now: dt.datetime) -> list[uuid.UUID]:
    statement = (
        update(CalendarFeed)
        .where(*whose.rows(actor.clinic))
        .values(revoked_at=now)
        .returning(CalendarFeed.id)
    )
    return list(session.scalars(statement))
