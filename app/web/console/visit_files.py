"""Files of a visit at the desk (APT-02). Each opening goes into the access journal; links live a few minutes."""

from __future__ import annotations

import uuid

from flask import Response, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, FileField

from app.appointments import permissions
from app.appointments.files.actions import (
    REASON_LIMIT,
    TITLE_LIMIT,
    add_file,
    remove_file,
    share_file,
)
from app.appointments.files.queries import FileLine, files_of, one_file
from app.kernel.access.actor import STAFF
from app.kernel.storage.inspect import UploadPolicy
from app.lib.errors import Conflict, Invalid
from app.lib.files import FileKind
from app.web.console import blueprint
from app.web.console.own import visit_or_404
from app.web.http import context, guards
from app.web.http.copy import sentence
from app.web.http.inputs import Input, line
from app.web.http.render import page, see_other
from app.web.http.uploads import demand_upload
from app.web.http.visit_file import open_content

FILE = UploadPolicy(
    max_bytes=10 * 1024 * 1024,
    kinds=frozenset({FileKind.PDF, FileKind.PNG, FileKind.JPEG}),
    max_pixels=40_000_000,
    field="file",
)


class FileInput(Input):
    """A file, what it is called, and whether the patient may open it."""

    file = FileField(_l("File"))
    title = line(_l("What it is"), max_length=TITLE_LIMIT, required=False)
    shared = BooleanField(
        _l("The patient may open it"),
        description=_l("In the portal, signed in. Otherwise only your team sees it."),
    )


class RemovalInput(Input):
    """Why a file is removed."""

    reason = line(_l("Why it is removed"), max_length=REASON_LIMIT)


@blueprint.get("/visits/<uuid:visit_id>/files")
@guards.staff(permissions.FILES)
def visit_files(visit_id: uuid.UUID) -> Response:
    """What is kept with the visit, and a new file."""
    return _page(visit_id, FileInput(formdata=None))


@blueprint.post("/visits/<uuid:visit_id>/files")
@guards.staff(permissions.FILES)
def keep_visit_file(visit_id: uuid.UUID) -> AnyResponse:
    """A new file: told by its content, a picture written anew without what a camera adds."""
    form = FileInput()
    found = visit_or_404(visit_id)
    if not form.validate():
        return _page(visit_id, form, 422)
    try:
        add_file(
            context.session(),
            context.actor(),
            found.id,
            form.title.data or "",
            demand_upload(FILE),
            context.clinic_blobs(),
            shared=bool(form.shared.data),
            now=context.now(),
        )
    except Invalid as error:
        form.take(error)
        return _page(visit_id, form, 422)
    except Conflict as error:
        form.form_errors.append(sentence(error))
        return _page(visit_id, form, 409)
    return see_other(
        url_for("console.visit_files", visit_id=visit_id), gettext("The file is kept.")
    )


@blueprint.get("/visit-files/<uuid:file_id>")
@guards.staff(permissions.FILES)
def open_visit_file(file_id: uuid.UUID) -> AnyResponse:
    """Open it: a link for a few minutes, and a line in the access journal."""
    return open_content(_file(file_id))


@blueprint.post("/visit-files/<uuid:file_id>/share")
@guards.staff(permissions.FILES)
def share_visit_file(file_id: uuid.UUID) -> AnyResponse:
    """Let the patient open it, or no longer."""
    found, shared = _file(file_id), request.form.get("shared") == "1"
    share_file(context.session(), context.actor(), file_id, shared=shared, now=context.now())
    words = gettext("The patient may open it.") if shared else gettext("Only your team sees it.")
    return see_other(url_for("console.visit_files", visit_id=found.appointment_id), words)


@blueprint.route("/visit-files/<uuid:file_id>/remove", methods=["GET", "POST"])
@guards.staff(permissions.FILES)
def remove_visit_file(file_id: uuid.UUID) -> AnyResponse:
    """Remove it with its content; the reason stays."""
    found, form, status = _file(file_id), RemovalInput(), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                remove_file(
                    context.session(),
                    context.actor(),
                    file_id,
                    form.reason.data,
                    context.clinic_blobs(),
                    now=context.now(),
                )
            except Invalid as error:
                form.take(error)
            else:
                back = url_for("console.visit_files", visit_id=found.appointment_id)
                return see_other(back, gettext("The file is removed."))
    return page(
        "console/visits/remove_file.html",
        status=status,
        form=form,
        file=found,
        visit=visit_or_404(found.appointment_id),
    )


def _file(file_id: uuid.UUID) -> FileLine:
    """A file of a visit that the actor may see. Raises NotFound."""
    found = one_file(context.session(), context.org_id(), file_id)
    visit_or_404(found.appointment_id)
    return found


def _page(visit_id: uuid.UUID, form: FileInput, status: int = 200) -> Response:
    found = visit_or_404(visit_id)
    return page(
        "console/visits/files.html",
        status=status,
        form=form,
        visit=found,
        files=files_of(context.session(), context.org_id(), visit_id),
        writes=context.actor().kind == STAFF,
    )
