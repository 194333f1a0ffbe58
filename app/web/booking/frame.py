"""The booking pages in a frame on the clinic's own site (BOK-05).

A frame of another site gets no cookies, so its addresses carry who it is: `/<clinic>/embed/<signed name>/book/...` are
the same views as `/<clinic>/book/...`. The name stands in for the cookie that names a browser and for the token against
forged posts; a login counts for nothing there, so nobody's rights can be borrowed. Browsers show the pages only inside
origins that the clinic lists; everywhere else framing stays refused.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask import g, request, url_for
from flask import session as cookie
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from app.kernel.tenancy.embedding import embed_origins
from app.kernel.tokens import TokenExpired, TokenForged
from app.lib.errors import NotFound
from app.lib.ids import new_token
from app.web.booking import blueprint
from app.web.booking.slots import public_calendar
from app.web.http import context, guards
from app.web.http.headers import content_policy
from app.web.http.locale import LANGUAGES
from app.web.http.render import see_other

PURPOSE = "booking.frame"
LIFE = dt.timedelta(days=30)
# Views that also answer in a frame: everything that a guest does from the first look to the changed visit.
FRAMED: dict[str, tuple[str, str]] = {
    "clinic_page": ("GET", "/"),
    "slots": ("GET", "/book/<calendar>"),
    "hold": ("POST", "/book/<calendar>"),
    "details": ("GET", "/book/<calendar>/details/<ticket>"),
    "book": ("POST", "/book/<calendar>/details/<ticket>"),
    "release": ("POST", "/book/<calendar>/release/<ticket>"),
    "wait": ("GET", "/book/<calendar>/waiting"),
    "join_list": ("POST", "/book/<calendar>/waiting"),
    "waiting_entry": ("GET", "/w/<token>"),
    "leave_list": ("POST", "/w/<token>/leave"),
    "back_on_list": ("POST", "/w/<token>/back"),
    "offer": ("GET", "/o/<token>"),
    "accept_offer": ("POST", "/o/<token>/accept"),
    "decline_offer": ("POST", "/o/<token>/decline"),
    "visit": ("GET", "/v/<token>"),
    "calendar_entry": ("GET", "/v/<token>/visit.ics"),
    "resend": ("POST", "/v/<token>/again"),
    "mail_forms": ("POST", "/v/<token>/forms"),
    "confirm": ("POST", "/v/<token>/confirm"),
    "cancel": ("GET", "/v/<token>/cancel"),
    "do_cancel": ("POST", "/v/<token>/cancel"),
    "move": ("GET", "/v/<token>/move"),
    "do_move": ("POST", "/v/<token>/move"),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its signed name, the site around it (an allowed origin, or empty), the language asked for."""

    token: str
    name: str
    origin: str
    language: str


@blueprint.get("/embed/")
@guards.public("a clinic's own site shows its booking pages")
def enter_clinic() -> Response:
    """A new frame that begins with the clinic's page."""
    return see_other(url_for("booking.clinic_page", frame=_new_frame()))


@blueprint.get("/embed/book/<calendar>")
@guards.public("a clinic's own site shows its booking pages")
def enter_calendar(calendar: str) -> Response:
    """A new frame that begins with the times of one calendar. Raises NotFound."""
    known = public_calendar(calendar)
    return see_other(url_for("booking.slots", calendar=known.slug, frame=_new_frame()))


def _new_frame() -> str:
    asked, language = request.args.get("origin", ""), request.args.get("lang", "")[:2]
    said = {
        "c": context.clinic().slug,
        "n": new_token(18),
        "o": asked if asked in _origins() else "",
        "l": language if language in LANGUAGES else "",
    }
    return context.signer().sign(PURPOSE, said, LIFE)


def _origins() -> list[str]:
    return [one.origin for one in embed_origins(context.session(), context.org_id())]


@blueprint.url_value_preprocessor
def _read_frame(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    token = values.pop("frame", None) if values else None
    if token is None:
        return
    try:
        said = context.signer().verify(PURPOSE, token)
    except (TokenForged, TokenExpired):
        raise NotFound("not_found") from None
    if said["c"] != g.get("clinic_slug"):
        raise NotFound("not_found")
    g.frame = Frame(token, said["n"], said["o"], said["l"])


@blueprint.url_defaults
def _stay_in_frame(endpoint: str, values: dict[str, Any]) -> None:
    frame: Frame | None = g.get("frame")
    if frame is not None and endpoint.removeprefix("booking.") in FRAMED:
        values.setdefault("frame", frame.token)


@blueprint.before_request
def _who_may_frame() -> None:
    if g.get("frame") is not None:
        g.framed_by = " ".join(("'self'", *_origins()))


@blueprint.after_request
def _framable(response: Response) -> Response:
    """No cookie leaves, and the policy names exactly the sites that the clinic lists."""
    if g.get("frame") is not None:
        cookie.modified = False
        policy = content_policy(context.settings(), framed_by=g.get("framed_by", "'none'"))
        response.headers["Content-Security-Policy"] = policy
    return response


@blueprint.record_once
def _attach(state: BlueprintSetupState) -> None:
    """The second address of each view; the first has brought the view itself."""
    for name, (method, path) in FRAMED.items():
        state.add_url_rule(f"/embed/<frame>{path}", name, methods=[method])
