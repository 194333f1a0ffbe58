"""What every answer of the API carries: who may read it, how many requests are left, and never a cookie.

Any site may call the API (`Access-Control-Allow-Origin: *`): it reads no cookie and no login, so a browser can do
nothing that any program could not, and a clinic's own page may show free times. Credentials are never allowed.
"""

from __future__ import annotations

import math
import time

from flask import request
from flask import session as cookie
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.wrappers import Response

from app.lib.errors import Invalid
from app.web.api import blueprint
from app.web.api.reading import Unreadable
from app.web.http import problems
from app.web.http.limits import limiter

EXPOSED = (
    "RateLimit, RateLimit-Policy, Retry-After, Idempotency-Replayed, Content-Language, Location"
)
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key, Accept-Language",
    "Access-Control-Max-Age": "86400",
}


@blueprint.after_request
def _open_to_all(response: Response) -> Response:
    if request.endpoint == "api.docs":
        return response  # A page for people, like any other.
    cookie.modified = False
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Expose-Headers"] = EXPOSED
    headers["Vary"] = "Accept-Language"
    if response.status_code == 200 and "Allow" in headers:
        headers.extend(PREFLIGHT)
    limit = limiter.current_limit
    if limit is not None:
        left = max(0, math.ceil(limit.reset_at - time.time()))
        window = limit.limit.get_expiry()
        headers["RateLimit-Policy"] = f'"address";q={limit.limit.amount};w={window}'
        headers["RateLimit"] = f'"address";r={max(0, limit.remaining)};t={left}'
    return response


@blueprint.errorhandler(Invalid)
def _invalid(error: Invalid) -> Response:
    return problems.problem(422, "invalid", None, error.errors)


@blueprint.errorhandler(Unreadable)
def _unreadable(_error: Unreadable) -> Response:
    return problems.problem(400, "json_malformed")


@blueprint.errorhandler(UnsupportedMediaType)
def _not_json(_error: UnsupportedMediaType) -> Response:
    return problems.problem(415, "not_json")
