"""The start page, and stored files by signed address."""

from __future__ import annotations

from flask import Response

from app.web.common import blueprint
from app.web.http import guards
from app.web.http.identify import signed_in
from app.web.http.render import page


@blueprint.get("/")
@guards.public("the front door")
def home() -> Response:
    """What this is and where to go: staff sign in, patients come by their clinic's address."""
    login = signed_in()
    return page("common/home.html", signed_in=login is not None)
