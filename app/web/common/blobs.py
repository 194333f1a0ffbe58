"""Stored files by signed, expiring address, for the disk store (KRN-07). S3 signs its own addresses."""

from __future__ import annotations

from flask import Response, send_file
from werkzeug.exceptions import NotFound

from app.kernel.storage.disk import DiskStore
from app.web.common import blueprint
from app.web.http import context, guards


@blueprint.get("/blobs/<token>")
@guards.public("the signed token is the permission: one file, until it expires")
def blob(token: str) -> Response:
    store = context.blobs()
    if not isinstance(store, DiskStore):
        raise NotFound
    grant = store.verify(token)
    response = send_file(store.open(grant.key), mimetype=grant.mime)
    response.headers["Content-Disposition"] = grant.content_disposition
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, max-age=300"
    return response
