"""The terms of a calendar: its own, or those of its service (CAT-03, APT-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import null, select, update
from sqlalchemy.orm import Session

from app.catalog.terms import Terms, faults, stored
from app.kernel import live
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, FieldError, Invalid, NotFound
from app.lib.fingerprint import fingerprint
from app.scheduling.models import Calendar


def set_calendar_terms(
    session: Session,
    actor: Actor,
    calendar_id: uuid.UUID,
    terms: Terms | None,
    *,
    seen: str,
    now: dt.datetime,
) -> None:
    """Give a calendar terms of its own, or none; visits that are booked keep theirs.

    Raises Conflict when they are no longer what `seen` (of `mark_of_terms`) marks, Invalid, NotFound.
    """
    before = kept_terms(session, actor.clinic, calendar_id, lock=True)
    if seen != mark_of_terms(before):
        raise Conflict("changed_meanwhile")
    wrong = [
        FieldError(field, code, {"lowest": lowest, "highest": highest})
        for field, code, lowest, highest in (faults(terms) if terms else ())
    ]
    if wrong:
        raise Invalid(wrong)
    after = stored(terms) if terms else None
    session.execute(
        update(Calendar)
        .where(Calendar.org_id == actor.clinic, Calendar.id == calendar_id)
        .values(terms=null() if after is None else after)
    )
    record(
        session,
        actor,
        "schedule.calendar_terms",
        "calendar",
        calendar_id,
        at=now,
        before={"terms": before},
        after={"terms": after},
    )
    live.tell(session, actor.clinic, live.AVAILABILITY)


def kept_terms(
    session: Session, org_id: uuid.UUID, calendar_id: uuid.UUID, *, lock: bool = False
) -> Mapping[str, Any] | None:
    """A calendar's own terms as they are kept. Raises NotFound."""
    query = select(Calendar.terms).where(Calendar.org_id == org_id, Calendar.id == calendar_id)
    row = session.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound("calendar_not_found")
    kept: Mapping[str, Any] | None = row.terms
    return kept


def mark_of_terms(kept: Mapping[str, Any] | None) -> str:
    """The mark of a calendar's terms, for `seen`."""
    return fingerprint({"terms": kept})
