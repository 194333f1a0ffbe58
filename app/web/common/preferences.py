"""Language, light or dark, and a clinic's colours."""

from __future__ import annotations

import re

from flask import Response, make_response, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from app.lib.color import accent_of
from app.web.common import blueprint
from app.web.http import guards
from app.web.http.context import settings
from app.web.http.locale import COOKIE, LANGUAGES
from app.web.http.render import see_other
from app.web.http.shell import THEMES
from app.web.http.urls import safe_next

YEAR_SECONDS = 31_536_000
ACCENT = re.compile(r"^[0-9a-f]{6}$")
MAX_CHROMA = 0.14


@blueprint.get("/language/<code>")
@guards.public("choosing a language needs no login and changes a cookie only")
def set_language(code: str) -> AnyResponse:
    if code not in LANGUAGES:
        raise NotFound
    return _with_cookie(COOKIE, code)


@blueprint.post("/theme")
@guards.public("choosing light or dark needs no login and changes a cookie only")
def set_theme() -> AnyResponse:
    chosen = request.form.get("theme", "")
    return _with_cookie("theme", chosen if chosen in THEMES else "")


def _with_cookie(name: str, value: str) -> AnyResponse:
    response = see_other(safe_next(request.args.get("next")) or "/")
    response.set_cookie(
        name,
        value,
        max_age=YEAR_SECONDS if value else 0,
        samesite="Lax",
        secure=settings().secure_cookies,
    )
    return response


@blueprint.get("/brand/<accent>.css")
@guards.public("a style sheet that depends on the address alone")
def brand_css(accent: str) -> Response:
    if not ACCENT.match(accent):
        raise NotFound
    hue, chroma = accent_of(accent)
    response = make_response(
        f":root{{--accent-h:{hue:.1f};--accent-c:{min(chroma, MAX_CHROMA):.3f};--brand:#{accent}}}\n"
    )
    response.headers["Content-Type"] = "text/css; charset=utf-8"
    response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    return response
