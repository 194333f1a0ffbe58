"""Cancelling and moving a visit by its link, within the policy; each says first what will happen (APT-03)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import Length

from app.appointments import actions
from app.appointments.actions.lifecycle import LONGEST_REASON
from app.appointments.actions.moving import NewTime
from app.appointments.queries import VisitView
from app.appointments.rules.policy import LATE_CANCEL, LATE_MOVE
from app.lib.errors import Conflict, Invalid, NotFound, Refused
from app.scheduling.queries import CalendarView, Person, free_at
from app.web.booking import blueprint
from app.web.booking.asked import Asked, asked_for, asker, minutes, person_called, start_of
from app.web.booking.browser import browser_id
from app.web.booking.links import visit_of
from app.web.booking.picker import Picker, nearest, options, picker
from app.web.booking.reading import lines
from app.web.booking.visit import about, calendar_of, due_of, may_change
from app.web.http import context, guards
from app.web.http.copy import sentence
from app.web.http.inputs import Input
from app.web.http.limits import PUBLIC_WRITE, limiter
from app.web.http.render import page, see_other


class CancelInput(Input):
    """Why, if the patient wishes to say."""

    reason = TextAreaField(
        _l("Would you tell us why?"),
        filters=[lines],
        validators=[Length(max=LONGEST_REASON, message=_l("At most %(max)d characters."))],
    )


@blueprint.get("/v/<token>/cancel")
@guards.public("whoever holds the link was given it")
def cancel(token: str) -> Response:
    """What cancelling will do."""
    return _cancel_page(visit_of(token), token, CancelInput())


@blueprint.post("/v/<token>/cancel")
@limiter.limit(PUBLIC_WRITE)
@guards.public("whoever holds the link was given it")
def do_cancel(token: str) -> Response:
    """Cancel it. A visit that was changed since the page was opened is shown again instead."""
    seen, form = visit_of(token), CancelInput()
    if not form.validate():
        return _cancel_page(seen, token, form, 422)
    stale = _changed_meanwhile(seen, LATE_CANCEL)
    if stale:
        return _cancel_page(seen, token, form, 409, stale)
    try:
        actions.cancel(
            context.session(),
            context.actor(),
            seen.id,
            now=context.now(),
            reason=form.reason.data or "",
        )
    except (Conflict, Refused) as error:
        return _cancel_page(seen, token, form, 409, sentence(error))
    return see_other(url_for("booking.visit", token=token), gettext("Your visit is cancelled."))


@blueprint.get("/v/<token>/move")
@guards.public("whoever holds the link was given it")
def move(token: str) -> Response:
    """Times to move to; with a chosen one, what moving will do."""
    seen = visit_of(token)
    if not may_change(seen):
        return page("booking/too_late.html", steps=[], **about(seen, token))
    calendar = _calendar(seen)
    starts_at = start_of(request.args.get("start"))
    if starts_at is None:
        return _move_page(seen, token, calendar)
    asked = asked_for(calendar, _present(seen, calendar))
    person = _who(seen, calendar, asked, starts_at)
    if person is None:
        return _taken(seen, token, calendar, starts_at)
    return page(
        "booking/move_confirm.html",
        steps=[],
        starts_at=starts_at,
        start=minutes(starts_at),
        person=person,
        back_url=url_for("booking.move", token=token),
        **about(seen, token),
    )


@blueprint.post("/v/<token>/move")
@limiter.limit(PUBLIC_WRITE)
@guards.public("whoever holds the link was given it")
def do_move(token: str) -> Response:
    """Move it. When the time was taken meanwhile the visit stays, and free times are offered."""
    seen = visit_of(token)
    calendar = _calendar(seen)
    starts_at = start_of(request.form.get("start"))
    person = person_called(calendar, request.form.get("specialist"))
    if starts_at is None or person is None:
        return _move_page(seen, token, calendar, 422, gettext("Please choose one of these times."))
    stale = _changed_meanwhile(seen, LATE_MOVE)
    if stale:
        return _move_page(seen, token, calendar, 409, stale)
    target = NewTime(starts_at, person.id, browser_id())
    try:
        actions.move(
            context.session(),
            context.redis(),
            context.actor(),
            seen.id,
            target,
            now=context.now(),
        )
    except Refused:
        return page("booking/too_late.html", status=409, steps=[], **about(seen, token))
    except (Conflict, Invalid):
        context.session().rollback()
        return _taken(seen, token, calendar, starts_at)
    return see_other(url_for("booking.visit", token=token), gettext("Your visit is moved."))


def _changed_meanwhile(seen: VisitView, what: str) -> str | None:
    """A form carries the version that its reader saw, and what was to be due."""
    if request.form.get("version") != str(seen.version):
        return gettext("This visit was changed meanwhile. Look at it again, please.")
    due = due_of(seen, what)
    if due is not None and may_change(seen) and request.form.get("due") != str(due.amount_minor):
        return gettext("It has become late meanwhile. Please look at what is due now.")
    return None


def _calendar(seen: VisitView) -> CalendarView:
    """The visit's calendar at the visit's place: moving is no change of address."""
    calendar = calendar_of(seen)
    present = next((one for one in calendar.people if one.id == seen.specialist_id), None)
    here = calendar.at(present.location_id) if present else calendar
    if not here.public_people:
        raise NotFound("calendar_not_found")
    return here


def _present(seen: VisitView, calendar: CalendarView) -> Person | None:
    return next((one for one in calendar.public_people if one.id == seen.specialist_id), None)


def _who(
    seen: VisitView, calendar: CalendarView, asked: Asked, starts_at: dt.datetime
) -> Person | None:
    """With whom: the one asked for, else the present specialist, else the first who is free."""
    able = free_at(
        context.session(),
        context.redis(),
        context.org_id(),
        calendar,
        asker(),
        starts_at,
        asked.person.id if asked.person else None,
        ignoring=seen.id,
    )
    if not able:
        return None
    return calendar.person(seen.specialist_id if seen.specialist_id in able else able[0])


def _taken(seen: VisitView, token: str, calendar: CalendarView, wanted: dt.datetime) -> Response:
    words = gettext("That time was taken a moment ago. Your visit has not moved.")
    return _move_page(seen, token, calendar, 409, words, wanted)


def _picker(seen: VisitView, calendar: CalendarView) -> Picker:
    return picker(calendar, asked_for(calendar, _present(seen, calendar)), moving=seen)


def _move_page(
    seen: VisitView,
    token: str,
    calendar: CalendarView,
    status: int = 200,
    problem: str | None = None,
    wanted: dt.datetime | None = None,
) -> Response:
    view = _picker(seen, calendar)
    near = options(view, nearest(calendar, view.asked, wanted, seen)) if wanted else []
    inputs: dict[str, Any] = about(seen, token)
    return page(
        "booking/move.html",
        fragment="booking/_picker.html",
        status=status,
        steps=[],
        calendar=calendar,
        picker=view,
        problem=problem,
        near=near,
        action=url_for("booking.move", token=token),
        method="get",
        extra={"specialist": view.asked.person.slug if view.asked.person else "any"},
        **inputs,
    )


def _cancel_page(
    seen: VisitView, token: str, form: CancelInput, status: int = 200, problem: str | None = None
) -> Response:
    if not may_change(seen) and problem is None:
        return page("booking/too_late.html", status=status, steps=[], **about(seen, token))
    return page(
        "booking/cancel.html",
        status=status,
        steps=[],
        form=form,
        problem=problem,
        **about(seen, token),
    )
