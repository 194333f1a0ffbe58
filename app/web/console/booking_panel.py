"""A new visit at the desk, on one panel: service, specialist and time, and who it is for, found or added on the spot.

Every answer keeps what was typed. A time that is not free says why, and what is free next (BYD-01).
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import DateField, RadioField, SelectField, TextAreaField
from wtforms import TimeField as TimeInput
from wtforms.validators import Length, Optional

from app.appointments import permissions
from app.appointments.actions import Wish, book, check_in
from app.appointments.actions.booking import LONGEST_NOTE
from app.appointments.actions.overbooking import LONGEST_REASON
from app.appointments.models import Appointment
from app.appointments.rules.overbooking import overbookable
from app.lib.errors import Conflict, Invalid, NotFound
from app.people import permissions as people
from app.people.access import patient_or_404
from app.people.queries import FoundPatient
from app.scheduling.queries import (
    CalendarView,
    calendar_view,
)
from app.web.console import blueprint
from app.web.console.answers import changed, here
from app.web.console.asked import date_of, exact, identifier, instant, local
from app.web.console.booking_desk import (
    ANYBODY,
    WALK_IN,
    Desk,
    habit,
    look,
    offered_calendars,
    put,
    put_now,
    suggested,
    with_wish,
)
from app.web.console.own import only_specialist
from app.web.console.visits import panel
from app.web.console.whom import NEW, WhomMixin, whom
from app.web.http import context, guards
from app.web.http.inputs import Input, choices, line, stripped
from app.web.http.render import page
from app.web.http.templating import moment

CHANNELS = choices([("phone", _l("On the phone")), ("walk_in", _l("At the desk"))])
PREFIX = "book-"


class BookInput(WhomMixin, Input):
    """All of the panel."""

    calendar = SelectField(_l("Service"), validate_choice=False)
    specialist = SelectField(_l("With"), validate_choice=False)
    day = DateField(_l("Date"), validators=[Optional()])
    time = TimeInput(_l("Time"), validators=[Optional()])
    channel = RadioField(lazy_pgettext("channel", "Booked"), choices=CHANNELS, default="phone")
    overbook = line(_l("Why it is put on taken time"), max_length=LONGEST_REASON, required=False)
    note = TextAreaField(
        _l("Note"),
        filters=[stripped],
        validators=[Length(max=LONGEST_NOTE, message=_l("At most %(max)d characters."))],
    )


@blueprint.get("/visits/new")
@guards.staff(permissions.BOOK)
def new_visit() -> Response:
    """The panel, with what the address already says: date, time, specialist, patient."""
    form = _form(None)
    form.day.data = date_of(request.args.get("day"))
    form.time.data = _time(request.args.get("time"))
    form.specialist.data = str(identifier(request.args, "specialist") or ANYBODY)
    form.calendar.data = str(identifier(request.args, "calendar") or "")
    at_once = bool(request.args.get("walk_in"))
    if at_once:
        put_now(form)
    known = None
    wanted = identifier(request.args, "patient")
    if wanted is not None:
        found = patient_or_404(context.session(), context.actor(), wanted)
        known = _card(found)
        form.patient.data = str(found.id)
        # What they came for last is the likeliest.
        form.calendar.data = form.calendar.data or str(habit(found.id).calendar_id or "")
    return _panel(form, known, at_once=at_once)


@blueprint.post("/visits/new")
@guards.staff(permissions.BOOK)
def book_visit() -> AnyResponse:
    """Look again with what is typed now, or book it."""
    form = _form(request.form)
    if request.form.get("pick"):
        _pick(form, request.form["pick"])
    if request.form.get("do") != "book":
        return _panel(form)
    if not form.validate():
        return _panel(form, status=422)
    try:
        visit = _book(form)
    except Invalid as error:
        form.codes = {one.code for one in error.errors}
        form.take(error)
        return _panel(form, status=422)
    except Conflict:
        return _panel(form, status=409)
    if visit.channel == WALK_IN and local(visit.starts_at).date() == local(context.now()).date():
        visit = check_in(context.session(), context.actor(), visit.id, now=context.now())
    return changed(
        gettext("Booked for %(when)s.", when=moment(visit.starts_at)),
        undo_url=_undo(visit),
        panel=panel(visit.id),
        page_url=url_for("console.visit", visit_id=visit.id),
    )


def _undo(visit: Appointment) -> str | None:
    if not context.actor().may(permissions.CANCEL):
        return None
    return url_for("console.cancel", visit_id=visit.id, version=visit.version, next=here())


def _form(data: Any) -> BookInput:
    form = BookInput(data, prefix=PREFIX)
    form.calendar.choices = []
    form.specialist.choices = []
    return form


def _pick(form: BookInput, text: str) -> None:
    """One of the free times that the panel offered: `instant|specialist`."""
    at, _, specialist = text.partition("|")
    try:
        put(form, exact(at))
    except Invalid:
        return
    if specialist:
        form.specialist.data = specialist


def _panel(
    form: BookInput,
    known: FoundPatient | None = None,
    *,
    status: int = 200,
    at_once: bool = False,
) -> Response:
    desk = look(form, at_once=at_once)
    found = whom(form, known, only_specialist())
    return page(
        "console/visits/new.html",
        fragment="console/visits/_new.html",
        status=status,
        form=form,
        desk=desk,
        lost=status == 409,
        past=desk.start is not None and desk.start < context.now(),
        overbookable=_overbookable(desk, form),
        whys=desk.whys(),
        nearest=desk.nearest(),
        suggested=suggested(form, desk),
        added={one.addon.id: one.quantity for one in desk.calendar.addons} if desk.calendar else {},
        found=found,
        walk_in=form.channel.data == WALK_IN,
        may_add=context.actor().may(people.MANAGE),
        new=NEW,
        back_url=url_for("console.day", date=_shown_day(form).isoformat()),
    )


def _shown_day(form: BookInput) -> dt.date:
    """The day that "Cancel" leads back to: the chosen one where a calendar can show it, else today."""
    chosen = form.day.data
    return date_of(chosen.isoformat() if chosen else None) or local(context.now()).date()


def _overbookable(desk: Desk, form: BookInput) -> bool:
    """Whether this person may put the visit there all the same: on other visits of a specialist who is named."""
    if desk.seen is None or desk.calendar is None or desk.calendar.offer.capacity > 1:
        return False
    found = desk.seen.refusals.get(form.specialist.data or "", ())
    return context.actor().may(permissions.OVERBOOK) and overbookable(found)


def _book(form: BookInput) -> Appointment:
    """Whom first, since that may be refused; then the visit. One transaction: who was added goes with a lost race."""
    session, actor, now = context.session(), context.actor(), context.now()
    calendar = _calendar(form)
    starts_at = _required_start(form)
    patient_id = form.patient_id(session, actor, now)
    own = only_specialist()
    specialist = own or (uuid.UUID(form.specialist.data) if form.specialist.data else None)
    wish = Wish(
        starts_at,
        specialist,
        form.channel.data,
        context.clinic().time_zone,
        note=form.note.data or "",
    )
    said = form.overbook.data if request.form.get("overbooking") else None
    return book(session, context.redis(), actor, calendar, wish, patient_id, now=now, overbook=said)


def _calendar(form: BookInput) -> CalendarView:
    offered = {str(one.id): one.id for one in offered_calendars()}
    if form.calendar.data not in offered:
        raise NotFound("calendar_not_found")
    chosen = offered[form.calendar.data]
    view = calendar_view(context.session(), context.org_id(), calendar_id=chosen)
    if form.specialist.data not in {ANYBODY, *(str(one.id) for one in view.people)}:
        raise NotFound("specialist_not_in_calendar")
    return with_wish(view)[0]


def _required_start(form: BookInput) -> dt.datetime:
    if form.day.data is None:
        raise Invalid.one("day", "required")
    if form.time.data is None:
        raise Invalid.one("time", "required")
    starts_at = instant(form.day.data, form.time.data)
    if starts_at < context.now():
        raise Invalid.one("time", "slot_past")
    return starts_at


def _card(patient: Any) -> FoundPatient:
    return FoundPatient(
        patient.id,
        patient.number,
        patient.name,
        patient.email,
        patient.phone,
        patient.onboarded_at is None,
        patient.created_at,
    )


def _time(text: str | None) -> dt.time | None:
    try:
        return dt.time.fromisoformat(text) if text else None
    except ValueError:
        return None
