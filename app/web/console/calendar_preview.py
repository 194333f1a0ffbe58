"""What a patient is offered in a calendar, and why a time is not (BYD-01): the booking page's own engine and rules."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField, TimeField
from wtforms.validators import InputRequired

from app.lib.errors import Invalid
from app.scheduling.permissions import MANAGE
from app.scheduling.queries import Asker, CalendarView, calendar_view, reasons, slot_page
from app.scheduling.queries.slots import chosen
from app.web.console import blueprint
from app.web.console.asked import instant
from app.web.console.reasons import Why, explain
from app.web.http import context, guards
from app.web.http.inputs import Input
from app.web.http.locale import localised
from app.web.http.render import page

DAYS = 7


class AskInput(Input):
    """A time that is asked about."""

    day = DateField(_l("Date"), validators=[InputRequired(_l("Please fill this in."))])
    time = TimeField(_l("Time"), validators=[InputRequired(_l("Please fill this in."))])
    specialist = SelectField(_l("With"))


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a time is offered, with whom, and why not with the others."""

    start: dt.datetime
    free: list[str]
    whys: list[Why]


@blueprint.get("/calendars/<uuid:calendar_id>/preview")
@guards.staff(MANAGE)
def calendar_preview(calendar_id: uuid.UUID) -> Response:
    """Seven days as patients have them, and the question why a time is missing."""
    session, org_id, now = context.session(), context.org_id(), context.now()
    view = calendar_view(session, org_id, calendar_id=calendar_id)
    zone = context.clinic().time_zone
    first = _first(now.astimezone(ZoneInfo(zone)).date())
    slots = slot_page(
        session, context.redis(), org_id, view, Asker(now), first=first, days=DAYS, time_zone=zone
    )
    form, answer = _asked(view)
    return page(
        "console/calendars/preview.html",
        status=422 if form.errors else 200,
        calendar=view,
        title=localised(view.title),
        names={one.id: one.name for one in view.people},
        slots=slots,
        form=form,
        answer=answer,
        first=first,
        weeks=(first - dt.timedelta(DAYS), first + dt.timedelta(DAYS)),
        today=now.astimezone(ZoneInfo(zone)).date(),
    )


def _first(today: dt.date) -> dt.date:
    try:
        asked = dt.date.fromisoformat(request.args.get("from", ""))
    except ValueError:
        return today
    return min(max(asked, today), today + dt.timedelta(days=730))


def _asked(view: CalendarView) -> tuple[AskInput, Answer | None]:
    sent = "day" in request.args
    form = AskInput(formdata=request.args if sent else None, meta={"csrf": False})
    form.specialist.choices = [("", _l("Anybody"))] + [
        (str(one.id), one.name) for one in view.people
    ]
    if not sent or not form.validate():
        return form, None
    try:
        start = instant(form.day.data, form.time.data)
    except Invalid as error:
        form.take(error)
        return form, None
    wanted = uuid.UUID(form.specialist.data) if form.specialist.data else None
    found = reasons(
        context.session(),
        context.redis(),
        context.org_id(),
        view,
        Asker(context.now()),
        start,
        wanted,
    )
    free = [one.name for one in chosen(view.people, wanted) if str(one.id) not in found]
    return form, Answer(start, free, explain(view, found, start))
