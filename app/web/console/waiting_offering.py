"""Putting a patient on the waiting list, and offering a free time by hand (SCH-08, BYD-04)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import request, url_for
from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.validators import Optional

from app.appointments import permissions
from app.lib.errors import Conflict, Invalid
from app.people.access import patient_or_404
from app.people.specialists.queries import specialist_lines
from app.scheduling.queries import (
    Asker,
    CalendarView,
    Slot,
    calendar_view,
    desk_calendars,
    next_free,
)
from app.waiting import actions
from app.waiting.actions import JoinWish
from app.waiting.queries import EntryView, offer_view
from app.waiting.rules.matching import EVERY_DAY, EVERY_PART, Waiting
from app.web.console import blueprint
from app.web.console.waiting import done, entry_here, not_done
from app.web.http import context, guards
from app.web.http.copy import sentence
from app.web.http.inputs import Input, choices
from app.web.http.locale import localised
from app.web.http.render import page, see_other
from app.web.http.waiting_words import PARTS, day_names, wish_words

# As many starts as are looked at, and shown of those wished for and of the others.
LOOKED_AT, SHOWN = 3_000, 12


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
    entry = entry_here(entry_id)
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
    wished, others = _starts(entry, calendar)
    return page(
        "console/waiting/offer.html",
        status=status,
        entry=entry,
        wish=wish_words(entry),
        problem=problem,
        wished=wished,
        others=others,
    )


@blueprint.post("/waiting/offers/<uuid:offer_id>/take")
@guards.staff(permissions.BOOK)
def take_offer(offer_id: uuid.UUID) -> AnyResponse:
    """The patient has called and takes the offered time."""
    offer = offer_view(context.session(), context.org_id(), offer_id)
    entry = entry_here(offer.entry_id)
    try:
        visit = actions.accept(
            context.session(),
            context.redis(),
            context.actor(),
            offer_id,
            channel="phone",
            now=context.now(),
        )
    except (Conflict, Invalid) as error:
        context.session().rollback()
        return not_done(sentence(error))
    return see_other(
        url_for("console.visit", visit_id=visit.id),
        gettext("Booked for %(name)s.", name=entry.patient_name),
    )


@blueprint.post("/waiting/offers/<uuid:offer_id>/withdraw")
@guards.staff(permissions.BOOK)
def withdraw_offer(offer_id: uuid.UUID) -> AnyResponse:
    """The time goes on to the next; who had it stays on the list."""
    offer = offer_view(context.session(), context.org_id(), offer_id)
    entry = entry_here(offer.entry_id)
    actions.withdraw(context.session(), context.actor(), offer_id, now=context.now())
    return done(gettext("The offer to %(name)s is withdrawn.", name=entry.patient_name))


def _starts(
    entry: EntryView, calendar: CalendarView
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The next free times: those that they wish for, and others."""
    now = context.now()
    found = next_free(
        context.session(),
        context.redis(),
        context.org_id(),
        calendar,
        Asker(now),
        since=now,
        count=LOOKED_AT,
        specialist_id=entry.specialist_id,
    )
    wished: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for slot in found:
        part = wished if _suits(entry.wish, slot) else others
        if len(part) < SHOWN:
            part.append(_start_of(slot))
    return wished, others


def _suits(wish: Waiting, slot: Slot) -> bool:
    return any(wish.suits(slot.starts_at, str(one)) for one in slot.specialist_ids)


def _start_of(slot: Slot) -> dict[str, Any]:
    return {"value": int(slot.starts_at.timestamp()) // 60, "at": slot.starts_at}


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
