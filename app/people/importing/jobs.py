"""What files said is forgotten: a week after nobody imported them, and once an import cannot be taken back any more."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.kernel.jobs import Surroundings, every
from app.kernel.tenancy.walking import clinic_ids, in_clinic
from app.people.importing.actions import (
    CHECKED,
    DISCARDED,
    DONE,
    READ,
    UNDO_DAYS,
    UNDONE,
    drop_rows,
)
from app.people.importing.models import ImportRow, PatientImport

UNUSED = dt.timedelta(days=7)


@every("people.forget_imports", minute="40", hour="3")
def forget_files(surroundings: Surroundings) -> None:
    """Every night, clinic by clinic."""
    for org_id in clinic_ids(surroundings.sessions):
        with in_clinic(surroundings.sessions, org_id) as session:
            forget(session, surroundings.clock.now())


def forget(session: Session, now: dt.datetime) -> int:
    """Remove the rows of imports whose time is over; gives how many imports that were."""
    over = now - dt.timedelta(days=UNDO_DAYS)
    ended = PatientImport.state.in_((DONE, UNDONE)) & (PatientImport.finished_at < over)
    unused = PatientImport.state.in_((READ, CHECKED)) & (PatientImport.moved_at < now - UNUSED)
    has_rows = exists().where(
        ImportRow.org_id == PatientImport.org_id, ImportRow.import_id == PatientImport.id
    )
    found = session.scalars(
        select(PatientImport).where(or_(ended, unused), has_rows).with_for_update(skip_locked=True)
    ).all()
    for one in found:
        drop_rows(session, one)
        if one.state in (READ, CHECKED):
            one.state = DISCARDED
    session.flush()
    return len(found)
