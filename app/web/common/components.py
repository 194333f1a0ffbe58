"""The living page of components, at /ui in development: every macro, and whole sample pages of each surface."""

from __future__ import annotations

from flask import Response
from werkzeug.exceptions import NotFound

from app.web import catalogue
from app.web.common import blueprint
from app.web.http import context, guards
from app.web.http.render import page


@blueprint.get("/ui", defaults={"name": "catalogue"})
@blueprint.get("/ui/<name>")
@guards.public("sample data only, and in development only")
def components(name: str) -> Response:
    if context.settings().production:
        raise NotFound
    try:
        template, inputs = catalogue.page(name)
    except KeyError:
        raise NotFound from None
    return page(template, **inputs)
