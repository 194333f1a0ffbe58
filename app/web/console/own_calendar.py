"""A specialist's private calendar feed (SPC-02)."""

from __future__ import annotations

from flask import Response, url_for
from flask_babel import gettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from app.appointments.actions import Whose, end_feed
from app.scheduling.permissions import OWN
from app.web.console import blueprint
from app.web.http import context, guards
from app.web.http.feed_page import feed_page
from app.web.http.render import see_other


@blueprint.get("/my-calendar")
@guards.staff(OWN)
def own_calendar() -> Response:
    """Whether a feed is open, and how to make one."""
    return _page(fresh=False)


@blueprint.post("/my-calendar")
@guards.staff(OWN)
def open_own_calendar() -> Response:
    """A new address, shown this once."""
    return _page(fresh=True)


@blueprint.post("/my-calendar/end")
@guards.staff(OWN)
def end_own_calendar() -> AnyResponse:
    """The address stops working."""
    end_feed(context.session(), context.actor(), _mine(), now=context.now())
    return see_other(url_for("console.own_calendar"), gettext("The address no longer works."))


def _page(*, fresh: bool) -> Response:
    return feed_page(
        "console/own_calendar.html",
        _mine(),
        fresh=fresh,
        open_url=url_for("console.open_own_calendar"),
        end_url=url_for("console.end_own_calendar"),
    )


def _mine() -> Whose:
    specialist_id = context.actor().specialist_id
    if specialist_id is None:
        raise NotFound
    return Whose(specialist_id=specialist_id)
