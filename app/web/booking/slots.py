"""The times of a service, and keeping one (SCH-02, SCH-04)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext, lazy_gettext, lazy_pgettext
from werkzeug.wrappers import Response

from app.appointments.actions import Wish, hold_offered, hold_slot
from app.appointments.queries.addons import with_addons
from app.appointments.queries.habits import habit_of
from app.catalog.addon_rules import read_tokens, tokens
from app.kernel.logs import bind
from app.lib.errors import Conflict, Invalid
from app.scheduling.queries import CalendarView, Slot, calendar_view
from app.web.booking import blueprint, offered
from app.web.booking.asked import asked_for, minutes, start_of
from app.web.booking.browser import browser_id, new_browser_id, remember
from app.web.booking.clocks import reader_zone
from app.web.booking.picker import Picker, nearest, options, picker
from app.web.booking.ticket import Ticket, new_ticket
from app.web.http import context, guards, own_patients
from app.web.http.addon_fields import online_addons
from app.web.http.limits import PUBLIC_WRITE, limiter
from app.web.http.pipeline import find_clinic
from app.web.http.render import is_fragment_request, page, see_other

STEPS = (
    lazy_gettext("Service"),
    lazy_gettext("Time"),
    lazy_gettext("Details"),
    lazy_pgettext("step", "Done"),
)


def steps(current: int, *urls: str | None) -> list[dict[str, Any]]:
    """The stepper; steps with an address can be gone back to."""
    return [
        {
            "label": label,
            "url": urls[number] if number < len(urls) else None,
            "done": number < current,
            "current": number == current,
        }
        for number, label in enumerate(STEPS)
    ]


def public_calendar(slug: str) -> CalendarView:
    """The calendar of that short name, if the public may book it. Raises NotFound."""
    return calendar_view(context.session(), context.org_id(), slug=slug, public_only=True)


def wished(calendar: CalendarView) -> CalendarView:
    """The calendar with what the address or the form adds to the visit."""
    wanted = read_tokens(request.values.get("add", ""))
    return with_addons(calendar, online_addons(calendar), wanted) if wanted else calendar


@blueprint.get("/book/<calendar>")
@guards.public("free times are for everybody")
def slots(calendar: str) -> Response:
    """Two weeks of free times; a poll that has seen all this gets 204. `gone` is a time that was just refused."""
    chosen, gone = public_calendar(calendar), start_of(request.args.get("gone"))
    if gone is not None:
        return _again(chosen, 200, _taken_meanwhile(), gone)
    view = _picker(chosen)
    if is_fragment_request() and request.args.get("seen") == view.digest:
        return Response(status=204)
    return _page(view)


@blueprint.post("/book/<calendar>")
@limiter.limit(PUBLIC_WRITE)
@guards.public("a guest keeps a time while filling in the form", without_clinic=offered.on_hand)
def hold(calendar: str) -> Response:
    """Keep the chosen time for this browser and go on to the details."""
    starts_at, name = start_of(request.form.get("start")), browser_id() or new_browser_id()
    if starts_at is None:
        shown = public_calendar(calendar)
        return _again(shown, 422, gettext("Please choose one of these times."), None)
    try:
        ticket = _keep_offered(name) or keep(wished(public_calendar(calendar)), starts_at, name)
    except (Conflict, Invalid):
        return _refused(starts_at)
    answer = see_other(url_for("booking.details", calendar=calendar, ticket=ticket.signed()))
    remember(answer, name)
    return answer


def _keep_offered(browser: str) -> Ticket | None:
    """Keep a time that the form's own page has offered, without a statement; None where the database must be asked."""
    chosen = offered.chosen()
    if chosen is None:
        return None
    offer, starts_at = chosen.offer, chosen.starts_at
    bind(org_id=str(offer.org_id))
    held = hold_offered(context.redis(), offer, starts_at, browser, now=context.now())
    if held is None:
        find_clinic()
        return None
    return new_ticket(offer.calendar_id, starts_at, held, chosen=offer.by_name, zone=chosen.zone)


def _taken_meanwhile() -> str:
    return gettext("That time was taken a moment ago.")


def _refused(starts_at: dt.datetime) -> Response:
    """Back to the times, where the nearest free ones are: a crowd that asks for one time costs no page each.

    A fragment's request follows by itself.
    """
    said = {name: request.form.get(name) for name in ("day", "at", "specialist", "zone", "add")}
    asked = {name: text for name, text in said.items() if text}
    answer = Response(status=303)
    # The times stand at the address to which this was sent.
    wanted = urlencode({**asked, "gone": minutes(starts_at)})
    answer.headers["Location"] = f"{request.path}?{wanted}"
    return answer


def keep(
    calendar: CalendarView, starts_at: dt.datetime, browser: str, key: str | None = None
) -> Ticket:
    """Hold a start for this browser. Raises Conflict `slot_taken`, Invalid `slot_past`."""
    asked = asked_for(calendar)
    person_id = asked.person.id if asked.person else None
    zone = reader_zone() or context.clinic().time_zone
    wish = Wish(starts_at, person_id, "online", zone, browser, patient_id=_known_patient())
    held = hold_slot(
        context.session(),
        context.redis(),
        context.org_id(),
        asked.narrowed(calendar),
        wish,
        now=context.now(),
    )
    return new_ticket(
        calendar.id,
        starts_at,
        held,
        chosen=person_id is not None,
        zone=asked.clocks.main,
        add=tokens(calendar.addons),
        key=key,
    )


def _known_patient() -> uuid.UUID | None:
    """For whom somebody who is signed in books, as far as one can know before they say so."""
    return own_patients.patient_id() if guards.patient_here() is not None else None


def _usual() -> uuid.UUID | None:
    """Whom that patient prefers or saw last (BYD-03)."""
    patient_id = _known_patient()
    if patient_id is None:
        return None
    return habit_of(context.session(), context.org_id(), patient_id).specialist_id


def _picker(calendar: CalendarView) -> Picker:
    addons = online_addons(calendar)
    chosen = with_addons(calendar, addons, read_tokens(request.values.get("add", "")))
    return picker(chosen, asked_for(chosen), usual=_usual(), offered=addons)


def _again(
    calendar: CalendarView, status: int, problem: str, wanted: dt.datetime | None
) -> Response:
    """The times once more, with what went wrong and the nearest free ones."""
    view = _picker(calendar)
    near = nearest(view.calendar, view.asked, wanted) if wanted else []
    return _page(view, status, problem, near)


def _page(
    view: Picker, status: int = 200, problem: str | None = None, near: Sequence[Slot] = ()
) -> Response:
    home = url_for("booking.clinic_page")
    return page(
        "booking/times.html",
        fragment="booking/_picker.html",
        status=status,
        steps=steps(1, home),
        calendar=view.calendar,
        picker=view,
        problem=problem,
        near=options(view, near),
        action=url_for("booking.hold", calendar=view.calendar.slug),
        method="post",
        extra=_kept(view, near),
    )


def _kept(view: Picker, near: Sequence[Slot]) -> dict[str, str]:
    """What the form hands on beside the time."""
    asked = view.asked
    chosen = {
        "specialist": asked.person.slug if asked.person else None,
        "at": asked.place,
        "zone": asked.zone,
        "add": asked.add or None,
        "day": view.chosen.day if view.chosen else None,
        "offer": offered.signed_offer(view.calendar, asked, [*view.shown, *near]),
    }
    return {name: str(value) for name, value in chosen.items() if value is not None}
