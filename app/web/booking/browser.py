"""Which browser this is: a random name in a cookie, so that its own hold is no obstacle to it (SCH-09)."""

from __future__ import annotations

import re

from flask import g, request
from werkzeug.wrappers import Response

from app.lib.ids import new_token
from app.web.http.context import settings

COOKIE = "browser"
_WELL_FORMED = re.compile(r"^[A-Za-z0-9_-]{16,64}$")
MAX_AGE_SECONDS = 30 * 24 * 3600


def browser_id() -> str | None:
    """The name that this browser carries, if it carries one of ours; a frame has its name in its address."""
    if g.get("frame") is not None:
        return str(g.frame.name)
    carried = request.cookies.get(COOKIE, "")
    return carried if _WELL_FORMED.match(carried) else None


def new_browser_id() -> str:
    """A name for a browser that has none."""
    return new_token(18)


def remember(response: Response, name: str) -> None:
    """Let the browser carry its name; no script can read it. A frame gets no cookie."""
    if g.get("frame") is not None:
        return
    response.set_cookie(
        COOKIE,
        name,
        max_age=MAX_AGE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings().secure_cookies,
    )
