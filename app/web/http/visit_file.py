"""The way to the content of a visit's file, for whoever may open it (APT-02, KRN-10)."""

from __future__ import annotations

import datetime as dt

from flask import redirect
from werkzeug.wrappers import Response

from app.appointments.files.queries import FileLine
from app.kernel.audit.record import record_access
from app.web.http import context

OPEN_FOR = dt.timedelta(minutes=5)


def open_content(found: FileLine) -> Response:
    """A redirect to a link for a few minutes, and a line in the access journal; the caller has asked who may."""
    session, actor = context.session(), context.actor()
    record_access(session, actor, found.patient_id, "visit_file", at=context.now())
    link = context.clinic_blobs().signed_url(
        found.key, ttl=OPEN_FOR, filename=found.title, disposition="inline"
    )
    return redirect(link, 303)
