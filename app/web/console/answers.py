"""What the desk answers after a change: a toast with its undo, and word to the open parts of the page to renew.

Without script the same change leads to a page with a message.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, make_response, request
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.live import APPOINTMENTS
from app.web.http.render import is_fragment_request, render, see_other
from app.web.http.urls import safe_next

RENEW = f"live:{APPOINTMENTS}, dialog:close"


def here() -> str | None:
    """The path of the page that htmx asks from; an undo in a toast leads back there."""
    parts = urlsplit(request.headers.get("HX-Current-URL", ""))
    return safe_next(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def changed(
    message: str, *, undo_url: str | None = None, panel: str = "", page_url: str
) -> AnyResponse:
    """The change is made: `panel` is the renewed inside of the panel, where there is one."""
    if not is_fragment_request() or (here() or "").partition("?")[0] == page_url:
        return see_other(safe_next(request.values.get("next")) or page_url, message)
    toast = render("ui/_toast.html", message=message, kind="ok", undo_url=undo_url)
    return _renewing(make_response(panel + toast))


def not_changed(message: str, *, panel: str = "", status: int = 409) -> Response:
    """The change was not possible: the parts of the page go back to what is true."""
    toast = "" if panel else render("ui/_toast.html", message=message, kind="bad", undo_url=None)
    return _renewing(make_response(panel + toast, status))


def in_panel(response: AnyResponse) -> AnyResponse:
    """The answer fills the panel, whatever part of the page asked."""
    if is_fragment_request():
        response.headers["HX-Retarget"] = "#panel"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _renewing(response: Response) -> Response:
    response.headers["HX-Trigger"] = RENEW
    response.headers["Vary"] = "HX-Request"
    return response
