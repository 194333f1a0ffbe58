"""One transaction a request: committed when the answer is a success, rolled back otherwise.

What must be kept although the request failed (a refused login, a refused permission) is put aside with `keep` and
written in a transaction of its own after the rollback (KRN-15).
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, g
from sqlalchemy.orm import Session

from app.kernel.db import db
from app.kernel.logs import logger
from app.kernel.tenancy.scope import Scope, enter, scope_of
from app.lib.errors import DomainError
from app.web.http import context

log = logger(__name__)
Note = Callable[[Session], None]


def keep(note: Note) -> None:
    """Write `note` whatever becomes of the request's own transaction."""
    g.setdefault("kept_notes", []).append(note)


def finish(response: Response) -> Response:
    """Commit or roll back, then write what was put aside. Runs before the answer leaves."""
    if g.get("transaction_finished"):
        return response
    g.transaction_finished = True
    session = context.session()
    if response.status_code < 400:
        session.commit()
    else:
        session.rollback()
        _take_blobs_away()
    notes: list[Note] = g.get("kept_notes", [])
    if notes:
        _write(session, notes)
    return response


def _take_blobs_away() -> None:
    """Files know no transaction. Not after a failed commit, which may have happened all the same."""
    for key in g.pop("added_blobs", []):
        try:
            context.blobs().delete(key)
        except DomainError as error:
            log.warning("blob_left_behind", error=error.code)


def _write(session: Session, notes: list[Note]) -> None:
    before = scope_of(session)
    enter(session, Scope(org_id=before.org_id, human_id=before.human_id))
    for note in notes:
        note(session)
    session.commit()


def abandon(_error: BaseException | None = None) -> None:
    """At the end of the request nothing may stay open, whatever happened."""
    db.session.rollback()
