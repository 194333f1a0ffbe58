"""Errors become answers here, and only here: named error to status, page or fragment, audit of refusals."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, g, jsonify, make_response, request
from flask_babel import gettext
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from app.kernel.access.actor import GUEST, Actor
from app.kernel.audit.models import REFUSED
from app.kernel.audit.record import record
from app.kernel.logs import logger
from app.lib.errors import (
    Conflict,
    DomainError,
    Expired,
    Invalid,
    NotFound,
    Refused,
    Unavailable,
)
from app.web.http import context, problems, transaction
from app.web.http.copy import sentence
from app.web.http.render import is_fragment_request, render

log = logger(__name__)
STATUS: dict[type[DomainError], int] = {
    NotFound: 404,
    Refused: 403,
    Conflict: 409,
    Expired: 410,
    Invalid: 422,
    Unavailable: 503,
}
# PendingRollbackError: the connection broke earlier in the request, and only now somebody asks again.
DATABASE_FAILURES = (DBAPIError, PendingRollbackError, PoolTimeout)
RETRY_SECONDS = "5"
PAGES = (400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 503)


def status_of(error: DomainError) -> int:
    """The HTTP status of a named error, by its family."""
    return next((code for family, code in STATUS.items() if isinstance(error, family)), 400)


def init_app(app: Flask) -> None:
    """Attach the handlers."""
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(HTTPException, _http)
    for failure in DATABASE_FAILURES:
        app.register_error_handler(failure, database_failed)
    app.register_error_handler(Exception, _unforeseen)


def _domain(error: DomainError) -> Response:
    status = status_of(error)
    if status == 403:
        note_refusal(error.code)
    response = answer(status, error.code, sentence(error))
    return _soon_again(response) if status == 503 else response


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400 and error.response is not None:
        return make_response(error.response)
    if status == 401:
        return _sign_in()
    response = answer(status, f"http_{status}", None)
    for name in ("Retry-After", "Allow"):
        value = error.get_response().headers.get(name)
        if value:
            response.headers[name] = value
    return response


def _sign_in() -> Response:
    """To the login page; a fragment is never redirected, it gets 401 and tells htmx where to go."""
    from app.web.http.urls import login_url  # noqa: PLC0415 - urls needs the routes, which need errors.

    target = login_url()
    if wants_json():
        return answer(401, "http_401", None)
    if is_fragment_request():
        response = make_response("", 401)
        response.headers["HX-Redirect"] = target
        return response
    response = make_response("", 303)
    response.headers["Location"] = target
    return response


def database_failed(error: DBAPIError | PendingRollbackError | PoolTimeout) -> Response:
    """503 where the database was away, restarting or overloaded; any other refusal of it is our mistake."""
    # A failed transaction has expired its rows, so reading one would ask the database again.
    g.pop("clinic", None)
    g.login = None
    if isinstance(error, DBAPIError) and not _away(error):
        return _unforeseen(error)
    log.error("database_unavailable", error=type(error).__name__)
    return _soon_again(answer(503, "http_503", None))


def _away(error: DBAPIError) -> bool:
    return isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated


def _soon_again(response: Response) -> Response:
    response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _unforeseen(error: Exception) -> Response:
    log.error("unforeseen_error", error=type(error).__name__, exc_info=error)
    return answer(500, "http_500", None)


def wants_json() -> bool:
    """API and webhook routes answer in JSON."""
    return request.path.startswith(("/api/", "/webhooks/")) or (
        request.accept_mimetypes.best == "application/json"
    )


def answer(status: int, code: str, text: str | None) -> Response:
    """An error as JSON, fragment or page; the page needs no database."""
    if problems.wanted():
        return problems.problem(status, code, text)
    shown = status if status in PAGES else (500 if status >= 500 else 400)
    if wants_json():
        return _json(status, code, text)
    if is_fragment_request():
        body = render("errors/_notice.html", detail=text)
    else:
        body = render(f"errors/{shown}.html", **page_inputs(status, text))
    response = make_response(body, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _json(status: int, code: str, text: str | None) -> Response:
    body: dict[str, Any] = {"error": {"code": code, "message": text or gettext("Not possible.")}}
    response = jsonify(body)
    response.status_code = status
    return response


def page_inputs(status: int, text: str | None) -> dict[str, Any]:
    """What the error pages expect."""
    return {
        "status": status,
        "detail": text,
        "request_id": g.get("request_id"),
        "home_url": g.get("home_url", "/"),
        "retry_url": request.path,
    }


def note_refusal(code: str) -> None:
    """Refused attempts are audit rows too (KRN-15)."""
    actor: Actor | None = g.get("actor")
    moment = context.now()
    clinic = context.clinic_or_none()
    who = actor or Actor(kind=GUEST, org_id=clinic.id if clinic else None, origin=context.origin())
    endpoint = request.endpoint or ""

    def note(session: Session) -> None:
        record(
            session,
            who,
            f"{request.method} {endpoint}",
            "route",
            None,
            at=moment,
            reason=code,
            outcome=REFUSED,
            status=403,
        )

    transaction.keep(note)
