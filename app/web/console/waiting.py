"""The waiting list at the desk: who waits, what was offered to whom, offering by hand, the order (SCH-08, BYD-04)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse
from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.validators import Optional

from app.appointments import permissions
from app.kernel.access.actor import STAFF
from app.lib.errors import Conflict, Invalid
from app.lib.paging import PageRequest
from app.people.access import patient_or_404
from app.people.specialists.queries import specialist_lines
from app.scheduling.queries import Asker, CalendarView, calendar_view, desk_calendars, next_free
from app.waiting import actions
from app.waiting.actions import JoinWish
from app.waiting.actions.offering import reachable
from app.waiting.queries import EntryView, ended, entry_view, offers_of, waiting, waiting_count
from app.waiting.rules.matching import EVERY_DAY, EVERY_PART
from app.web.console import blueprint
from app.web.console.own import only_specialist
from app.web.http import context, guards
from app.web.http.copy import sentence
from app.web.http.inputs import Input, choices
from app.web.http.lists import heads
from app.web.http.locale import localised
from app.web.http.render import page, see_other
from app.web.http.waiting_words import PARTS, day_names, wish_words

SHOWN_STARTS = 24


class WaitInput(Input):
    """For which times a patient waits."""

    calendar = SelectField(_l("Service"))
    specialist = SelectField(_l("With"))
    first_day = DateField(_l("From"), validators=[Optional()])
    last_day = DateField(lazy_pgettext("date", "Until"), validators=[Optional()])
    weekdays = SelectMultipleField(_l("On these days"))
    parts = SelectMultipleField(_l("At these times"))

    def offer(self) -> None:
        """Fill in what can be chosen."""
        found = desk_calendars(context.session(), context.org_id())
        self.calendar.choices = choices([(str(one.id), localised(one.title)) for one in found])
        people = specialist_lines(context.session(), context.org_id(), active=True)
        self.specialist.choices = choices(
            [("", gettext("Anyone")), *((str(one.id), one.name) for one in people)]
        )
        self.weekdays.choices = choices(list(day_names().items()))
        self.parts.choices = choices([(str(bit), str(words)) for bit, words in PARTS.items()])


@blueprint.get("/waiting")
@guards.staff(permissions.VIEW)
def waiting_list() -> Response:
    """Everybody who waits, in their turn, with what was offered; or who waits no more."""
    session, org_id = context.session(), context.org_id()
    over = request.args.get("state") == "ended"
    calendar_id = _identifier(request.args.get("calendar"))
    entries = ended(session, org_id) if over else waiting(session, org_id)
    calendars = {one.calendar_id: localised(one.titles) for one in entries}
    shown = [one for one in entries if _mine(one) and calendar_id in (None, one.calendar_id)]
    offers = offers_of(session, org_id, [one.id for one in shown])
    words = ("#", gettext("Patient"), gettext("Waits for"), gettext("Since"), gettext("Offers"), "")
    actor = context.actor()
    return page(
        "console/waiting/list.html",
        fragment="console/waiting/_list.html",
        rows=[_row(number, one, offers.get(one.id, [])) for number, one in enumerate(shown, 1)],
        heads=heads([(None, one) for one in words], PageRequest(), {}),
        calendars=sorted(calendars.items(), key=lambda pair: pair[1]),
        calendar_id=calendar_id,
        over=over,
        may_write=actor.kind == STAFF and actor.may(permissions.BOOK),
    )


@blueprint.get("/waiting/number")
@guards.staff(permissions.VIEW)
def waiting_number() -> Response:
    """How many wait, for the navigation; nothing where nobody does."""
    number = waiting_count(context.session(), context.org_id(), only_specialist())
    return page("console/waiting/_number.html", number=number)


@blueprint.route("/patients/<uuid:patient_id>/wait", methods=["GET", "POST"])
@guards.staff(permissions.BOOK)
def wait_for(patient_id: uuid.UUID) -> AnyResponse:
    """Put a patient on the list."""
    patient = patient_or_404(context.session(), context.actor(), patient_id)
    form = WaitInput()
    form.offer()
    status = 200
    if request.method == "GET":
        form.weekdays.data, form.parts.data = list(day_names()), [str(bit) for bit in PARTS]
        form.specialist.data = ""
    elif form.validate():
        try:
            wish = _wish(form)
            actions.join(context.session(), context.actor(), patient_id, wish, now=context.now())
            return see_other(
                url_for("console.waiting_list"),
                gettext("%(name)s is on the waiting list.", name=patient.name),
            )
        except Invalid as error:
            form.take(error)
            status = 422
    else:
        status = 422
    return page("console/waiting/join.html", status=status, form=form, patient=patient)


@blueprint.route("/waiting/<uuid:entry_id>/offer", methods=["GET", "POST"])
@guards.staff(permissions.BOOK)
def offer_time(entry_id: uuid.UUID) -> AnyResponse:
    """Offer a free time by hand, out of turn."""
    entry = _entry(entry_id)
    problem, status = None, 200
    if request.method == "POST":
        try:
            actions.offer_by_hand(
                context.session(),
                context.redis(),
                context.actor(),
                entry_id,
                _start(request.form.get("start")),
                now=context.now(),
            )
            return see_other(
                url_for("console.waiting_list"),
                gettext("Offered to %(name)s.", name=entry.patient_name),
            )
        except Conflict as error:
            context.session().rollback()
            problem, status = sentence(error), 409
    calendar = calendar_view(context.session(), context.org_id(), calendar_id=entry.calendar_id)
    return page(
        "console/waiting/offer.html",
        status=status,
        entry=entry,
        wish=wish_words(entry),
        problem=problem,
        starts=_starts(entry, calendar),
    )


@blueprint.post("/waiting/<uuid:entry_id>/forward")
@guards.staff(permissions.BOOK)
def bring_forward(entry_id: uuid.UUID) -> AnyResponse:
    """Next in turn."""
    entry = _entry(entry_id)
    actions.bring_forward(context.session(), context.actor(), entry_id, now=context.now())
    words = gettext("%(name)s is next in turn.", name=entry.patient_name)
    return see_other(url_for("console.waiting_list"), words)


@blueprint.post("/waiting/<uuid:entry_id>/remove")
@guards.staff(permissions.BOOK)
def remove_waiting(entry_id: uuid.UUID) -> AnyResponse:
    """Off the list; they can be put back to the same place among those who wait no more."""
    entry = _entry(entry_id)
    actions.leave(context.session(), context.actor(), entry_id, now=context.now())
    words = gettext("%(name)s is off the list.", name=entry.patient_name)
    return see_other(url_for("console.waiting_list"), words)


@blueprint.post("/waiting/<uuid:entry_id>/back")
@guards.staff(permissions.BOOK)
def restore_waiting(entry_id: uuid.UUID) -> AnyResponse:
    """Back to the same place."""
    entry = _entry(entry_id)
    actions.come_back(context.session(), context.actor(), entry_id, now=context.now())
    words = gettext("%(name)s is on the list again.", name=entry.patient_name)
    return see_other(url_for("console.waiting_list"), words)


def _row(number: int, entry: EntryView, offers: list[Any]) -> dict[str, Any]:
    return {
        "number": number,
        "entry": entry,
        "wish": wish_words(entry),
        "offers": offers,
        "open": next((one for one in offers if one.state == "open"), None),
        "reachable": reachable(context.session(), context.org_id(), entry)
        if not entry.patient_email
        else True,
    }


def _entry(entry_id: uuid.UUID) -> EntryView:
    found = entry_view(context.session(), context.org_id(), entry_id)
    if not _mine(found):
        raise NotFound
    return found


def _mine(entry: EntryView) -> bool:
    """Who sees only their own patients sees who waits for them."""
    own = only_specialist()
    return own is None or entry.specialist_id == own


def _starts(entry: EntryView, calendar: CalendarView) -> list[dict[str, Any]]:
    """The next free times, those that they wish for marked."""
    now = context.now()
    found = next_free(
        context.session(),
        context.redis(),
        context.org_id(),
        calendar,
        Asker(now),
        since=now,
        count=SHOWN_STARTS,
        specialist_id=entry.specialist_id,
    )
    return [
        {
            "value": int(slot.starts_at.timestamp()) // 60,
            "at": slot.starts_at,
            "suits": any(entry.wish.suits(slot.starts_at, str(one)) for one in slot.specialist_ids),
        }
        for slot in found
    ]


def _wish(form: WaitInput) -> JoinWish:
    return JoinWish(
        uuid.UUID(form.calendar.data),
        context.clinic().time_zone,
        "phone",
        uuid.UUID(form.specialist.data) if form.specialist.data else None,
        form.first_day.data,
        form.last_day.data,
        sum(1 << int(day) for day in form.weekdays.data or ()) & EVERY_DAY,
        sum(1 << int(part) for part in form.parts.data or ()) & EVERY_PART,
    )


def _start(text: str | None) -> dt.datetime:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Conflict("slot_taken")
    return dt.datetime.fromtimestamp(int(text) * 60, dt.UTC)


def _identifier(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None
