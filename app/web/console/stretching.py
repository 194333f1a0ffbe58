"""Making a visit longer or shorter: its end dragged in the calendar, by keys, or a length chosen from a list."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from app.appointments import actions, permissions
from app.appointments.actions.stretching import MAY_STRETCH, stretch
from app.appointments.queries import VisitView
from app.appointments.queries.length import why_not_longer
from app.appointments.rules.length import LONGEST_MIN, SHORTEST_MIN, STEP_MIN, minutes_of
from app.lib.errors import Conflict, Invalid
from app.scheduling.queries import Asker, calendar_view
from app.web.console import blueprint
from app.web.console.answers import changed, here, not_changed
from app.web.console.asked import local, version
from app.web.console.own import visit_or_404
from app.web.console.reasons import explain
from app.web.console.visits import panel, refused, told, wants_panel
from app.web.http import context, guards
from app.web.http.copy import field_sentence
from app.web.http.render import is_fragment_request, page, render
from app.web.http.templating import moment

# What is offered to choose from: up to this much longer than it is.
LONGER_MIN = 120


@blueprint.get("/visits/<uuid:visit_id>/length")
@guards.staff(permissions.BOOK)
def length_form(visit_id: uuid.UUID) -> Response:
    """The lengths that the visit could have; which of them is free is told when one is chosen."""
    found = visit_or_404(visit_id)
    if found.state not in MAY_STRETCH:
        raise Conflict("illegal_move", state=found.state, verb="stretch")
    return page(
        "console/calendar/length.html",
        fragment="console/calendar/_length.html",
        **_inputs(found),
    )


@blueprint.post("/visits/<uuid:visit_id>/length")
@guards.staff(permissions.BOOK)
def change_length(visit_id: uuid.UUID) -> AnyResponse:
    """Let the visit last so long, if it is still as it was seen; the answer offers the way back."""
    before = visit_or_404(visit_id)
    session, actor = context.session(), context.actor()
    minutes = _minutes()
    try:
        actions.demand_version(session, actor, visit_id, version(request.values))
        after = stretch(session, context.redis(), actor, visit_id, minutes, now=context.now())
    except Invalid as error:
        return _not_so(before, " ".join(field_sentence(one) for one in error.errors), 422)
    except Conflict as error:
        if error.code != "slot_taken":
            return refused(visit_id, error)
        return _not_so(before, _reason(before, minutes), 409)
    undo = url_for(
        "console.change_length",
        visit_id=visit_id,
        minutes=minutes_of(before.starts_at, before.ends_at),
        version=after.version,
        next=here(),
    )
    message = ngettext(
        "The visit of %(name)s lasts %(num)d minute now.",
        "The visit of %(name)s lasts %(num)d minutes now.",
        minutes,
        name=before.patient_name,
    )
    return changed(
        message,
        undo_url=undo,
        panel=panel(visit_id) if wants_panel() else "",
        page_url=url_for("console.visit", visit_id=visit_id),
    )


def _minutes() -> int:
    """The length that was asked for; 0, which no visit has, for what is no number."""
    text = request.values.get("minutes", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def _reason(visit: VisitView, minutes: int) -> str:
    """Why the visit cannot last so long: one line, since it stands in a toast."""
    session, org_id = context.session(), context.org_id()
    calendar = calendar_view(session, org_id, calendar_id=visit.calendar_id)
    asker = Asker(context.now(), staff=True)
    found = why_not_longer(session, context.redis(), org_id, calendar, asker, visit, minutes)
    whys = explain(calendar, {str(visit.specialist_id): found}, visit.starts_at) if found else []
    words = " ".join(word for one in whys for word in one.sentences)
    return gettext(
        "Not changed: it cannot last until %(when)s. %(why)s",
        when=moment(visit.starts_at + dt.timedelta(minutes=minutes)),
        why=words,
    ).strip()


def _not_so(visit: VisitView, words: str, status: int) -> AnyResponse:
    if is_fragment_request() and not wants_panel():
        return not_changed(words, status=status)
    found = _inputs(visit, words)
    if is_fragment_request():
        body = render("console/calendar/_length.html", **found)
        return not_changed(words, panel=body, status=status)
    return page("console/calendar/length.html", status=status, **found)


def _inputs(visit: VisitView, alert: str | None = None) -> dict[str, Any]:
    now = minutes_of(visit.starts_at, visit.ends_at)
    lengths = range(SHORTEST_MIN, min(now + LONGER_MIN, LONGEST_MIN) + 1, STEP_MIN)
    return {
        "visit": visit,
        "alert_words": alert,
        "minutes": now,
        "lengths": [
            (one, f"{local(visit.starts_at + dt.timedelta(minutes=one)):%H:%M}") for one in lengths
        ],
        # A text says when a visit begins and nothing of its end, so none is sent.
        "told": told(visit)[:1] if visit.patient_email else [],
        "back_url": url_for("console.visit", visit_id=visit.id),
    }
