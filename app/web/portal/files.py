"""Files that the clinic lets a patient open (APT-02)."""

from __future__ import annotations

import datetime as dt
import uuid

from flask import Response, redirect
from werkzeug.wrappers import Response as AnyResponse

from app.appointments.files.queries import one_file, shared_files
from app.kernel.audit.record import record_access
from app.lib.errors import NotFound
from app.web.http import context, guards
from app.web.http.own_patients import known, patient
from app.web.http.render import page
from app.web.portal import blueprint

OPEN_FOR = dt.timedelta(minutes=5)


@blueprint.get("/files")
@guards.patient()
def files() -> Response:
    """What the clinic has put there, the latest visit first."""
    chosen = patient()
    return page(
        "portal/files.html",
        patient=chosen,
        files=shared_files(context.session(), context.org_id(), chosen.id),
        several=len(known()) > 1,
    )


@blueprint.get("/files/<uuid:file_id>")
@guards.patient()
def open_file(file_id: uuid.UUID) -> AnyResponse:
    """Open it: a link for a few minutes, and a line in the access journal."""
    session, org_id, actor = context.session(), context.org_id(), context.actor()
    found = one_file(session, org_id, file_id)
    if not found.shared or found.patient_id not in {one.id for one in known()}:
        raise NotFound("file_unknown")
    record_access(session, actor, found.patient_id, "visit_file", at=context.now())
    link = context.clinic_blobs().signed_url(
        found.key, ttl=OPEN_FOR, filename=found.title, disposition="inline"
    )
    return redirect(link, 303)
