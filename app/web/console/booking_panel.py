"""A new visit at the desk, on one panel: service, specialist and time, and who it is for, found or added on the spot.

Every answer keeps what was typed. A time that is not free says why, and what is free next (BYD-01).
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
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
from app.appointments.models import Appointment
from app.lib.errors import Conflict, Invalid, NotFound
from app.people import permissions as people
from app.people.access import patient_or_404
from app.people.queries import FoundPatient
from app.scheduling.queries import (
    Asker,
    CalendarView,
    DeskCalendar,
    Outlook,
    Slot,
    calendar_view,
    desk_calendars,
    outlook,
)
from app.web.console import blueprint
from app.web.console.answers import changed, here
from app.web.console.asked import exact, identifier, instant, local
from app.web.console.own import only_specialist
from app.web.console.reasons import explain
from app.web.console.visits import panel
from app.web.console.whom import NEW, WhomMixin, whom
from app.web.http import context, guards
from app.web.http.inputs import Input, choices, stripped
from app.web.http.locale import localised
from app.web.http.render import page
from app.web.http.templating import moment

CHANNELS = choices([("phone", _l("On the phone")), ("walk_in", _l("At the desk"))])
ANYBODY = ""
WALK_IN, FIVE_MINUTES = "walk_in", 300
PREFIX = "book-"


class BookInput(WhomMixin, Input):
    """All of the panel."""

    calendar = SelectField(_l("Service"), validate_choice=False)
    specialist = SelectField(_l("With"), validate_choice=False)
    day = DateField(_l("Date"), validators=[Optional()])
    time = TimeInput(_l("Time"), validators=[Optional()])
    channel = RadioField(lazy_pgettext("channel", "Booked"), choices=CHANNELS, default="phone")
    note = TextAreaField(
        _l("Note"),
        filters=[stripped],
        validators=[Length(max=LONGEST_NOTE, message=_l("At most %(max)d characters."))],
    )


@dataclass(frozen=True)
class Desk:
    """What the panel works on: the calendars, the one that is chosen, and how the chosen start looks."""

    calendars: list[DeskCalendar]
    calendar: CalendarView | None
    start: dt.datetime | None
    seen: Outlook | None

    @property
    def free(self) -> bool:
        return self.seen is not None and bool(self.seen.free)


@blueprint.get("/visits/new")
@guards.staff(permissions.BOOK)
def new_visit() -> Response:
    """The panel, with what the address already says: date, time, specialist, patient."""
    form = _form(None)
    form.day.data = _date(request.args.get("day"))
    form.time.data = _time(request.args.get("time"))
    form.specialist.data = str(identifier(request.args, "specialist") or ANYBODY)
    form.calendar.data = str(identifier(request.args, "calendar") or "")
    if request.args.get("walk_in"):
        _now(form)
    known = None
    wanted = identifier(request.args, "patient")
    if wanted is not None:
        found = patient_or_404(context.session(), context.actor(), wanted)
        known = _card(found)
        form.patient.data = str(found.id)
    return _panel(form, known)


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


def _put(form: BookInput, at: dt.datetime) -> None:
    """Fill in date and time; what was sent before would otherwise be shown again."""
    wall = local(at)
    form.day.data, form.time.data = wall.date(), wall.time().replace(tzinfo=None)
    form.day.raw_data = form.time.raw_data = None


def _pick(form: BookInput, text: str) -> None:
    """One of the free times that the panel offered: `instant|specialist`."""
    at, _, specialist = text.partition("|")
    try:
        _put(form, exact(at))
    except Invalid:
        return
    if specialist:
        form.specialist.data = specialist


def _panel(form: BookInput, known: FoundPatient | None = None, *, status: int = 200) -> Response:
    desk = _look(form)
    found = whom(form, known, only_specialist())
    return page(
        "console/visits/new.html",
        fragment="console/visits/_new.html",
        status=status,
        form=form,
        desk=desk,
        lost=status == 409,
        past=desk.start is not None and desk.start < context.now(),
        whys=explain(desk.calendar, desk.seen.refusals, desk.start)
        if desk.calendar and desk.seen and desk.start
        else [],
        nearest=[_offered(one, desk.calendar) for one in desk.seen.nearest]
        if desk.seen and desk.calendar
        else [],
        found=found,
        may_add=context.actor().may(people.MANAGE),
        new=NEW,
        back_url=url_for(
            "console.day", date=(form.day.data or local(context.now()).date()).isoformat()
        ),
    )


def _offered(slot: Slot, calendar: CalendarView | None) -> dict[str, Any]:
    at = local(slot.starts_at)
    today = local(context.now()).date()
    names = {one.id: one.name for one in calendar.people} if calendar else {}
    first = slot.specialist_ids[0]
    return {
        "value": f"{slot.starts_at.isoformat()}|{first}",
        "at": slot.starts_at,
        "today": at.date() == today,
        "who": names.get(first, ""),
    }


def _look(form: BookInput) -> Desk:
    """Fill the choices, choose what is not chosen, look at the start; where none is named, propose a free one."""
    calendars = _offered_calendars()
    form.calendar.choices = [
        (
            str(one.id),
            gettext("%(service)s, %(num)s min", service=localised(one.title), num=one.duration_min),
        )
        for one in calendars
    ]
    chosen = _chosen_calendar(form, calendars)
    if chosen is None:
        return Desk(calendars, None, None, None)
    session, org_id = context.session(), context.org_id()
    view = calendar_view(session, org_id, calendar_id=chosen.id)
    specialist = _chosen_specialist(form, view)
    named = _start(form)
    now = context.now()
    start = named or _from(form.day.data)
    seen = outlook(
        session,
        context.redis(),
        org_id,
        view,
        Asker(now, staff=True),
        start,
        specialist_id=specialist,
    )
    if named is None and not form.time.errors and seen.nearest:
        proposed = seen.nearest[0]
        _put(form, proposed.starts_at)
        return Desk(
            calendars, view, proposed.starts_at, Outlook(proposed.specialist_ids, {}, seen.nearest)
        )
    return Desk(calendars, view, named, seen)


def _offered_calendars() -> list[DeskCalendar]:
    own = only_specialist()
    found = desk_calendars(context.session(), context.org_id())
    return [one for one in found if own is None or own in one.specialist_ids]


def _chosen_calendar(form: BookInput, calendars: list[DeskCalendar]) -> DeskCalendar | None:
    """The one asked for; else the first that the specialist serves; else the first."""
    for one in calendars:
        if str(one.id) == form.calendar.data:
            return one
    serving = [
        one for one in calendars if form.specialist.data in {str(id_) for id_ in one.specialist_ids}
    ]
    chosen = next(iter(serving or calendars), None)
    form.calendar.data = str(chosen.id) if chosen else ""
    return chosen


def _chosen_specialist(form: BookInput, view: CalendarView) -> uuid.UUID | None:
    own = only_specialist()
    people_of = [one for one in view.people if one.active and own in (None, one.id)]
    offered = [(str(one.id), one.name) for one in people_of]
    if own is None and len(offered) > 1:
        offered.insert(0, (ANYBODY, gettext("Whoever is free")))
    form.specialist.choices = offered
    if form.specialist.data not in {value for value, _label in offered}:
        form.specialist.data = offered[0][0] if offered else ANYBODY
    return uuid.UUID(form.specialist.data) if form.specialist.data else None


def _start(form: BookInput) -> dt.datetime | None:
    """The start that is named; None where date or time is missing or there is no such time."""
    if form.day.data is None or form.time.data is None:
        return None
    try:
        return instant(form.day.data, form.time.data)
    except Invalid as error:
        form.take(error)
        return None


def _from(day: dt.date | None) -> dt.datetime:
    """From when free times are sought: the date's midnight, or now."""
    now = context.now()
    if day is None:
        return now
    try:
        return max(instant(day, dt.time()), now)
    except Invalid:
        return now


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
    return book(session, context.redis(), actor, calendar, wish, patient_id, now=now)


def _calendar(form: BookInput) -> CalendarView:
    offered = {str(one.id): one.id for one in _offered_calendars()}
    if form.calendar.data not in offered:
        raise NotFound("calendar_not_found")
    chosen = offered[form.calendar.data]
    view = calendar_view(context.session(), context.org_id(), calendar_id=chosen)
    if form.specialist.data not in {ANYBODY, *(str(one.id) for one in view.people)}:
        raise NotFound("specialist_not_in_calendar")
    return view


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


def _now(form: BookInput) -> None:
    """Somebody stands at the desk: today, from the next full five minutes on."""
    late = -context.now().timestamp() % FIVE_MINUTES
    soon = local(context.now() + dt.timedelta(seconds=late))
    form.day.data, form.time.data = soon.date(), soon.time().replace(second=0, microsecond=0)
    form.channel.data = WALK_IN


def _date(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _time(text: str | None) -> dt.time | None:
    try:
        return dt.time.fromisoformat(text) if text else None
    except ValueError:
        return None
