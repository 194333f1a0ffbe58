"""Pages and fragments: one mechanism.

A fragment is a file `_name.html` that its page includes and the handler renders alone; htmx asks for it with a header.
"""

from __future__ import annotations

from typing import Any

from flask import Response, flash, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse


def is_fragment_request() -> bool:
    """Whether htmx asks for a part of the page (and not to restore history or follow a boosted link)."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
        and request.headers.get("HX-Boosted") != "true"
    )


def render(template: str, **inputs: Any) -> str:
    """Render a template with its inputs; a missing input is an error (StrictUndefined)."""
    return render_template(template, **inputs)


def page(
    template: str, *, fragment: str | None = None, status: int = 200, **inputs: Any
) -> Response:
    """A page, or its fragment when htmx asked for one. Clinical pages are never cached."""
    chosen = fragment if fragment is not None and is_fragment_request() else template
    response = make_response(render(chosen, **inputs), status)
    response.headers["Vary"] = "HX-Request"
    return response


def see_other(url: str, message: str | None = None, kind: str = "ok") -> AnyResponse:
    """After a successful change: 303 to a page, with a toast there; htmx is told to go as a whole page."""
    if message:
        flash(message, kind)
    if is_fragment_request():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = url
        return response
    response = make_response("", 303)
    response.headers["Location"] = url
    return response
