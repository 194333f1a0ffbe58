"""A patient's private calendar feed (PRT-01)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask import Response, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.appointments.actions import Whose, end_feed
from app.web.http import context, guards
from app.web.http.feed_page import feed_page
from app.web.http.render import see_other
from app.web.portal import blueprint, for_whom
from app.web.portal.open_items import OpenItem, open_items


@open_items
def _offer(patient_id: uuid.UUID) -> Sequence[OpenItem]:
    return [
        OpenItem(
            title=gettext("My visits in my calendar"),
            text=gettext("Always up to date on your phone"),
            url=url_for("portal.calendar"),
            icon="calendar-event",
        )
    ]


@blueprint.get("/calendar")
@guards.patient()
def calendar() -> Response:
    """Whether a feed is open, and how to make one."""
    return _page(fresh=False)


@blueprint.post("/calendar")
@guards.patient()
def open_calendar() -> Response:
    """A new address, shown this once."""
    return _page(fresh=True)


@blueprint.post("/calendar/end")
@guards.patient()
def end_calendar() -> AnyResponse:
    """The address stops working."""
    end_feed(context.session(), context.actor(), _whose(), now=context.now())
    return see_other(url_for("portal.calendar"), gettext("The address no longer works."))


def _page(*, fresh: bool) -> Response:
    return feed_page(
        "portal/calendar.html",
        _whose(),
        fresh=fresh,
        open_url=url_for("portal.open_calendar"),
        end_url=url_for("portal.end_calendar"),
    )


def _whose() -> Whose:
    return Whose(patient_id=for_whom.patient_id())
