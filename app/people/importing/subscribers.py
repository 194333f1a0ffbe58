"""The worker's part of an import: each event does one step in its own transaction."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.kernel.outbox import Event, subscribe
from app.people.importing.actions import BATCH, CHECK, UNDO
from app.people.importing.undoing import undo_batch
from app.people.importing.working import bring_in, check


@subscribe(CHECK, "people.import_check")
def look_at_rows(session: Session, event: Event) -> None:
    """Look at the rows of a large file."""
    check(session, event.org_id, event.uuid("import_id"), event.now)


@subscribe(BATCH, "people.import_batch")
def import_rows(session: Session, event: Event) -> None:
    """Bring in the next rows."""
    bring_in(session, event.org_id, event.uuid("import_id"), event.now)


@subscribe(UNDO, "people.import_undo")
def take_rows_back(session: Session, event: Event) -> None:
    """Take the next rows back."""
    undo_batch(session, event.org_id, event.uuid("import_id"), event.now)
