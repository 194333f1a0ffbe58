"""A visit was moved to a time that is not free: why, the free times next to it, and putting it there all the same."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.appointments import permissions
from app.appointments.actions.moving import NewTime
from app.appointments.queries import VisitView
from app.appointments.rules.overbooking import overbookable
from app.kernel.access.actor import STAFF
from app.scheduling.queries import Asker, CalendarView, Outlook, outlook
from app.scheduling.rules.refusals import Refusal
from app.web.console.answers import in_panel, not_changed
from app.web.console.asked import local
from app.web.console.reasons import explain
from app.web.http import context
from app.web.http.render import is_fragment_request, page, render
from app.web.http.templating import moment


def time_taken(visit: VisitView, calendar: CalendarView, target: NewTime) -> AnyResponse:
    """409: at the side of the calendar, wherever it was dragged from, or as a page."""
    found = _inputs(visit, calendar, target)
    if not is_fragment_request():
        return page("console/visits/taken.html", status=409, **found)
    body = render("console/visits/_taken.html", **found)
    return in_panel(not_changed(found["title"], panel=body))


def _inputs(visit: VisitView, calendar: CalendarView, target: NewTime) -> dict[str, Any]:
    wanted = target.specialist_id or visit.specialist_id
    start = target.starts_at
    found = outlook(
        context.session(),
        context.redis(),
        context.org_id(),
        calendar,
        Asker(context.now(), staff=True),
        start,
        specialist_id=wanted,
        ignoring=visit.id,
    )
    name = next((one.name for one in calendar.people if one.id == wanted), "")
    return {
        "visit": visit,
        "title": gettext("Not moved to %(when)s", when=moment(start)),
        "who": name,
        "start": start,
        "whys": [
            words for one in explain(calendar, found.refusals, start) for words in one.sentences
        ],
        "nearest": nearest(visit, found, wanted, start),
        "specialist": wanted,
        "room": target.room_id,
        "overbook": overbooking(
            visit, wanted, start, found.refusals.get(str(wanted), ()), target.room_id
        ),
        "more_url": url_for(
            "console.move_form",
            visit_id=visit.id,
            day=local(max(start, context.now())).date().isoformat(),
            specialist=wanted,
        ),
        "back_url": url_for("console.visit", visit_id=visit.id),
    }


def nearest(
    visit: VisitView, found: Outlook, specialist_id: uuid.UUID, start: dt.datetime
) -> list[dict[str, Any]]:
    """The free times next to the start, but for the one that the visit has; with the date where it is another one."""
    own = visit.starts_at if specialist_id == visit.specialist_id else None
    date = local(start).date()
    return [
        {"at": one.starts_at, "same_day": local(one.starts_at).date() == date}
        for one in found.nearest
        if one.starts_at != own
    ]


def overbooking(
    visit: VisitView,
    specialist_id: uuid.UUID,
    start: dt.datetime,
    refusals: Sequence[Refusal],
    room_id: uuid.UUID | None = None,
) -> dict[str, object] | None:
    """What moving the visit there all the same needs; None where that cannot be, or not by this person."""
    actor = context.actor()
    if actor.kind != STAFF or start < context.now():
        return None
    if not (actor.may(permissions.BOOK) and actor.may(permissions.OVERBOOK)):
        return None
    if not overbookable(refusals):
        return None
    return {
        "url": url_for("console.move", visit_id=visit.id),
        "version": visit.version,
        "specialist": specialist_id,
        "room": room_id,
        "starts_at": start.isoformat(),
    }
