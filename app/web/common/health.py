"""Health and metrics (OPS-01)."""

from __future__ import annotations

from flask import Response, jsonify, make_response, request
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import NotFound

from app.kernel import metrics as kernel_metrics
from app.kernel.redis import healthy
from app.web.common import blueprint
from app.web.http import context, guards

LOOPBACK = ("127.0.0.1", "::1")


@blueprint.get("/healthz")
@guards.public("load balancers and the supervisor ask; tells nothing but up or down")
def healthz() -> Response:
    """200 while pages can be served. Redis away is told, but booking works without it (SCH-05)."""
    database = _database_answers()
    response = jsonify({"database": database, "redis": healthy(context.redis())})
    response.status_code = 200 if database else 503
    return response


@blueprint.get("/metrics")
@guards.public("scraped from the machine itself; other addresses get 404")
def metrics() -> Response:
    if request.remote_addr not in LOOPBACK:
        raise NotFound
    response = make_response(kernel_metrics.expose())
    response.headers["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
    return response


def _database_answers() -> bool:
    try:
        context.session().execute(text("SELECT 1"))
    except DBAPIError:
        return False
    return True
