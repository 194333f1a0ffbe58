"""Documents that patients of a service read (CAT-01)."""

from __future__ import annotations

import uuid

from flask import Response, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import FileField

from app.catalog.actions import stored_draft
from app.catalog.documents import add_document, documents, remove_document
from app.catalog.permissions import MANAGE
from app.kernel.storage.inspect import UploadPolicy
from app.lib.errors import Conflict, Invalid
from app.lib.files import FileKind
from app.web.console import blueprint
from app.web.console.fields import texts
from app.web.http import context, guards
from app.web.http.copy import sentence
from app.web.http.inputs import Input, line
from app.web.http.locale import localised
from app.web.http.render import page, see_other
from app.web.http.uploads import demand_upload

FILE = UploadPolicy(
    max_bytes=10 * 1024 * 1024,
    kinds=frozenset({FileKind.PDF, FileKind.PNG, FileKind.JPEG}),
    max_pixels=40_000_000,
    field="file",
)


class DocumentInput(Input):
    """A document and what it is called."""

    names_ro = line(_l("Name in Romanian"), max_length=120, required=False)
    names_en = line(_l("Name in English"), max_length=120, required=False)
    file = FileField(_l("File"))


@blueprint.get("/services/<uuid:service_id>/documents")
@guards.staff(MANAGE)
def service_documents(service_id: uuid.UUID) -> Response:
    """The documents of a service, and a new one."""
    return _page(service_id, DocumentInput(formdata=None))


@blueprint.post("/services/<uuid:service_id>/documents")
@guards.staff(MANAGE)
def keep_document(service_id: uuid.UUID) -> AnyResponse:
    """A new document."""
    form = DocumentInput()
    if not form.validate():
        return _page(service_id, form, 422)
    try:
        add_document(
            context.session(),
            context.actor(),
            service_id,
            texts(form, "names"),
            demand_upload(FILE),
            context.clinic_blobs(),
            now=context.now(),
        )
    except Invalid as error:
        form.take(error, {"names": "names_ro"})
        return _page(service_id, form, 422)
    except Conflict as error:
        form.form_errors.append(sentence(error))
        return _page(service_id, form, 409)
    return see_other(
        url_for("console.service_documents", service_id=service_id),
        gettext("The document is kept."),
    )


@blueprint.post("/service-documents/<uuid:document_id>/remove")
@guards.staff(MANAGE)
def drop_document(document_id: uuid.UUID) -> AnyResponse:
    """Patients see it no more."""
    service_id = remove_document(context.session(), context.actor(), document_id, now=context.now())
    return see_other(
        url_for("console.service_documents", service_id=service_id),
        gettext("The document is removed."),
    )


def _page(service_id: uuid.UUID, form: DocumentInput, status: int = 200) -> Response:
    session, org_id = context.session(), context.org_id()
    stored = stored_draft(session, org_id, service_id)
    blobs = context.clinic_blobs()
    return page(
        "console/services/documents.html",
        status=status,
        form=form,
        service_id=service_id,
        title=localised(dict(stored.names)),
        documents=[
            (one, blobs.signed_url(one.key, disposition="inline"))
            for one in documents(session, org_id, service_id)
        ],
    )
