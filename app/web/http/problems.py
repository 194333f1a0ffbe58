"""Errors for machines: RFC 9457 problem details, in the reader's language, under every clinic's `/api/` address."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from flask import Response, g, request
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l

from app.lib.errors import FieldError
from app.web.http.copy import field_sentence

MEDIA_TYPE = "application/problem+json"
_ADDRESS = re.compile(r"^/[^/]+/api/")
_DOCS = re.compile(r"^/[^/]+/api/v1/docs$")
# What a status says where no narrower code does.
DETAILS: dict[int, LazyString] = {
    400: _l("The request cannot be read."),
    404: _l("There is nothing at this address."),
    405: _l("This address does not answer to this method."),
    413: _l("The request is too large."),
    415: _l("Send the content as application/json."),
    422: _l("Some of what was sent cannot be accepted; “errors” names it."),
    429: _l("Too many requests. Wait as long as Retry-After says."),
    500: _l("Something went wrong on our side. Nothing was changed."),
    503: _l("A service we depend on does not answer. Please try again in a moment."),
}


def wanted() -> bool:
    """Whether the address is one of the public API, so that an error is a problem document."""
    return _ADDRESS.match(request.path) is not None and _DOCS.match(request.path) is None


def problem(
    status: int, code: str, detail: str | None = None, errors: Iterable[FieldError] = ()
) -> Response:
    """The answer. `errors` name fields as JSON pointers, or as `query:name` and `header:name`."""
    said: dict[str, Any] = {
        "type": f"docs#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail or str(DETAILS.get(status, "")) or gettext("Not possible."),
        "request_id": g.get("request_id", ""),
    }
    told = [_field(error) for error in errors]
    if told:
        said["errors"] = told
    response = Response(json.dumps(said, ensure_ascii=False), status, mimetype=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def _field(error: FieldError) -> dict[str, str]:
    where, _, name = error.field.rpartition(":")
    pointer = name if name.startswith("/") else f"/{name}"
    place = {"in": where, "name": name} if where else {"in": "body", "pointer": pointer}
    return {**place, "code": error.code, "detail": field_sentence(error)}
