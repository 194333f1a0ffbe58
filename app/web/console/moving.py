"""Moving a visit: dragged in the calendar, or to a free time chosen from a list; refused moves say why (BYD-01)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.appointments import actions, permissions
from app.appointments.actions.moving import NewTime
from app.appointments.queries import VisitView
from app.appointments.queries.length import own_length
from app.appointments.states import OPEN
from app.lib.errors import Conflict, Invalid
from app.scheduling.queries import Asker, CalendarView, calendar_view, slot_page
from app.web.console import blueprint
from app.web.console.answers import changed, here, not_changed
from app.web.console.asked import date_of, exact, identifier, local, moment_of, version
from app.web.console.own import only_specialist, visit_or_404
from app.web.console.taken import time_taken
from app.web.console.visits import panel, refused, told, wants_panel
from app.web.http import context, guards
from app.web.http.copy import field_sentence
from app.web.http.render import is_fragment_request, page, render
from app.web.http.templating import day as day_words
from app.web.http.templating import moment

DAYS_SHOWN = 3


@blueprint.get("/visits/<uuid:visit_id>/move")
@guards.staff(permissions.BOOK)
def move_form(visit_id: uuid.UUID) -> Response:
    """Free times around the visit, its own included in what is free."""
    found = visit_or_404(visit_id)
    if found.state not in OPEN:
        raise Conflict("illegal_move", state=found.state, verb="move")
    return page(
        "console/visits/move.html",
        fragment="console/visits/_move.html",
        **_form_inputs(found, _first_day(found), _with_whom(found)),
    )


@blueprint.post("/visits/<uuid:visit_id>/move")
@guards.staff(permissions.BOOK)
def move(visit_id: uuid.UUID) -> AnyResponse:
    """Move to another time or specialist, if the visit is still as it was seen; the answer offers the way back."""
    before = visit_or_404(visit_id)
    session, actor = context.session(), context.actor()
    try:
        target = NewTime(_target(), _with_whom(before), room_id=identifier(request.values, "room"))
        actions.demand_version(session, actor, visit_id, version(request.values))
        after = actions.move(
            session,
            context.redis(),
            actor,
            visit_id,
            target,
            now=context.now(),
            overbook=request.form.get("overbook"),
        )
    except Invalid as error:
        return _not_there(before, " ".join(field_sentence(one) for one in error.errors), 422)
    except Conflict as error:
        if error.code != "slot_taken":
            return refused(visit_id, error)
        return time_taken(before, _calendar(before), target)
    undo = url_for(
        "console.move",
        visit_id=visit_id,
        starts_at=before.starts_at.isoformat(),
        specialist=before.specialist_id,
        version=after.version,
        next=here(),
    )
    return changed(
        gettext(
            "%(name)s moved to %(when)s.",
            name=before.patient_name,
            when=moment(after.starts_at),
        ),
        undo_url=undo if before.starts_at >= context.now() else None,
        panel=panel(visit_id) if wants_panel() else "",
        page_url=url_for("console.visit", visit_id=visit_id),
    )


def _target() -> dt.datetime:
    """A chosen slot or the way back is an instant; a drag is a date and a time on the wall."""
    values = request.values
    if values.get("starts_at"):
        return exact(values["starts_at"])
    return moment_of(values.get("day", ""), values.get("time", ""))


def _with_whom(visit: VisitView) -> uuid.UUID:
    wanted = identifier(request.values, "specialist") or visit.specialist_id
    own = only_specialist()
    return own if own is not None else wanted


def _not_there(visit: VisitView, words: str, status: int) -> AnyResponse:
    if is_fragment_request() and not wants_panel():
        return not_changed(words, status=status)
    found = _form_inputs(visit, _first_day(visit), _with_whom(visit), words)
    if is_fragment_request():
        body = render("console/visits/_move.html", **found)
        return not_changed(words, panel=body, status=status)
    return page("console/visits/move.html", status=status, **found)


def _first_day(visit: VisitView) -> dt.date:
    """The first date whose times are shown: the one asked for, else the visit's own, never a past one."""
    today = local(context.now()).date()
    asked = date_of(request.values.get("day")) or local(visit.starts_at).date()
    return max(asked, today)


def _calendar(visit: VisitView) -> CalendarView:
    found = calendar_view(context.session(), context.org_id(), calendar_id=visit.calendar_id)
    return own_length(found, visit)


def _form_inputs(
    visit: VisitView, first: dt.date, specialist_id: uuid.UUID, alert: str | None = None
) -> dict[str, Any]:
    calendar = _calendar(visit)
    shown = slot_page(
        context.session(),
        context.redis(),
        context.org_id(),
        calendar,
        Asker(context.now(), staff=True),
        first=first,
        days=DAYS_SHOWN,
        time_zone=context.clinic().time_zone,
        specialist_id=specialist_id,
        ignoring=visit.id,
    )
    days = [
        {
            "title": day_words(one.day, "full"),
            "note": None,
            "slots": [
                {
                    "value": slot.starts_at.isoformat(),
                    "iso": slot.starts_at.isoformat(),
                    "time": f"{local(slot.starts_at):%H:%M}",
                    "note": None,
                }
                for slot in one.slots
                if (slot.starts_at, specialist_id) != (visit.starts_at, visit.specialist_id)
            ],
        }
        for one in shown.days
    ]
    own = only_specialist()
    return {
        "visit": visit,
        "alert_words": alert,
        "days": days,
        "any_slots": any(one["slots"] for one in days),
        "first": first,
        "later": first + dt.timedelta(days=DAYS_SHOWN),
        "people": [one for one in calendar.people if one.active and own in (None, one.id)],
        "chosen": specialist_id,
        "told": told(visit),
        "back_url": url_for("console.visit", visit_id=visit.id),
    }
