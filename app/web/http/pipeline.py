"""The request pipeline: name the request, find the clinic, apply the guard; afterwards commit, count and log."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask import session as cookie
from werkzeug.exceptions import NotFound

from app.kernel.db import db
from app.kernel.logs import bind, clear, logger
from app.kernel.metrics import observe_request
from app.web.http import errors, guards, headers, identify, locale, transaction

REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
# Werkzeug reads such a form whole into memory; files come as multipart and have limits of their own.
URLENCODED = "application/x-www-form-urlencoded"
LARGEST_FORM = 2 * 1024 * 1024
log = logger(__name__)


def init_app(app: Flask) -> None:
    """Attach the pipeline in its order."""
    settings = app.config["SETTINGS"]
    identify.init_app(app)
    locale.init_app(app)
    errors.init_app(app)
    app.before_request(_open)
    app.url_value_preprocessor(_take_clinic_slug)
    app.url_defaults(_give_clinic_slug)
    app.before_request(_find_clinic)
    app.before_request(_guard)
    app.after_request(_log)
    headers.init_app(app, settings)
    app.after_request(_finish)
    app.teardown_request(_close)


def _open() -> None:
    clear()
    asked = request.headers.get("X-Request-Id", "")
    g.request_id = asked if REQUEST_ID.match(asked) else uuid.uuid4().hex
    g.started = time.perf_counter()
    bind(request_id=g.request_id)
    if request.mimetype == URLENCODED:
        request.max_content_length = LARGEST_FORM
        if request.content_length is None:
            _demand_whole_form()


def _demand_whole_form() -> None:
    """A form of unknown length is read up to the limit and no further: what is left makes it 413, never half a form."""
    _ = request.form
    request.stream.read(1)


def _take_clinic_slug(endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.clinic_slug = values.pop("clinic", None) if values else None


def _give_clinic_slug(endpoint: str, values: dict[str, Any]) -> None:
    slug = g.get("clinic_slug")
    if (
        "clinic" not in values
        and slug
        and current_app.url_map.is_endpoint_expecting(endpoint, "clinic")
    ):
        values["clinic"] = slug


def _find_clinic() -> None:
    if g.clinic_slug is not None and guards.needs_clinic(_view()):
        find_clinic()


def find_clinic() -> None:
    """Look up the clinic of the address, and who asks there. Raises NotFound."""
    found = identify.arrive(g.clinic_slug, anybody=guards.asks_who(_view()))
    if found is None:
        raise NotFound
    g.home_url = f"/{g.clinic_slug}/"
    g.clinic = found
    bind(org_id=str(found.id))


def _guard() -> None:
    if request.endpoint is None or request.endpoint == "static":
        return
    guards.enforce(_view())


def _view() -> Callable[..., Any]:
    return current_app.view_functions[request.endpoint or ""]


def _finish(response: Response) -> Response:
    """What Flask calls after the view has no error handlers: a failed commit becomes an answer here."""
    try:
        return transaction.finish(response)
    except errors.DATABASE_FAILURES as error:
        cookie.modified = False  # It tells of a change that was not made.
        return errors.database_failed(error)


def _log(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    route = request.url_rule.rule if request.url_rule is not None else "unmatched"
    observe_request(route, request.method, response.status_code, seconds)
    if request.endpoint != "static":
        log.info(
            "request",
            method=request.method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )
    return response


def _close(error: BaseException | None) -> None:
    if not current_app.config.get("KEEP_SESSION"):
        db.session.rollback()
