"""Files that the clinic lets a patient open (APT-02)."""

from __future__ import annotations

import uuid

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from app.appointments.files.queries import one_file, shared_files
from app.lib.errors import NotFound
from app.web.http import context, guards
from app.web.http.own_patients import known, patient
from app.web.http.render import page
from app.web.http.visit_file import open_content
from app.web.portal import blueprint


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
    found = one_file(context.session(), context.org_id(), file_id)
    if not found.shared or found.patient_id not in {one.id for one in known()}:
        raise NotFound("file_unknown")
    return open_content(found)
