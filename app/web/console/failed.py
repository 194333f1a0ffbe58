"""What failed in the background too often: what it was, since when, and whether to repeat it or let it be (KRN-06)."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.access.actor import STAFF
from app.kernel.outbox import repair
from app.kernel.outbox.models import OutboxEvent
from app.kernel.permissions import EVENTS
from app.lib.errors import Invalid
from app.web.console import blueprint
from app.web.console.own import address_of
from app.web.http import context, guards
from app.web.http.render import page, see_other

SHOWN = 100
# What was to follow, by the subscriber that failed; a new one shows its code until it has words.
FOLLOWS = {
    "appointments.open_forms": _l("Forms of the visit were to be opened"),
    "appointments.tell_of_course": _l("The patient was to be told of a course"),
    "appointments.tell_of_course_change": _l(
        "The patient was to be told of a change of the course"
    ),
    "appointments.tell_patient": _l("The patient was to be told of the visit"),
    "messaging.send": _l("A message was to be sent"),
    "messaging.tell_owners": _l("Owners were to be told of elevated access"),
    "people.import_batch": _l("Patients were to be brought in from a file"),
    "people.import_check": _l("A file of patients was to be read"),
    "people.import_undo": _l("Patients of a file were to be taken back"),
    "reviews.alert_staff": _l("Staff were to be told of a low review"),
    "reviews.ask_patient": _l("The patient was to be asked how it was"),
    "telerehab.stop_lapsed": _l("An exercise session was to be stopped"),
    "telerehab.stop_measuring": _l("An exercise session was to be stopped"),
    "waiting.leave_booked": _l("The waiting list was to be brought up to date"),
    "waiting.offer_freed": _l("A freed time was to be offered"),
    "waiting.tell_patient": _l("Somebody was to be told of an offered time"),
}
# What an event is about, where a page of the console shows it.
PAGES = {
    "appointment_id": "console.visit",
    "course_id": "console.course_page",
    "patient_id": "console.patient",
}


@blueprint.get("/failed")
@guards.staff(EVENTS)
def failed() -> Response:
    """What waits for a person, the oldest first."""
    return _page()


@blueprint.post("/failed/<uuid:event_id>/again")
@guards.staff(EVENTS)
def repeat_event(event_id: uuid.UUID) -> AnyResponse:
    """Let it be tried again, now."""
    repair.try_again(context.session(), context.actor(), event_id, now=context.now())
    words = gettext("It is being tried again. If it fails eight times more, it comes back here.")
    return see_other(url_for("console.failed"), words)


@blueprint.post("/failed/<uuid:event_id>/give-up")
@guards.staff(EVENTS)
def give_up_event(event_id: uuid.UUID) -> AnyResponse:
    """Let it be, with a reason."""
    try:
        repair.give_up(
            context.session(),
            context.actor(),
            event_id,
            request.form.get("reason", ""),
            now=context.now(),
        )
    except Invalid:
        return see_other(url_for("console.failed"), gettext("Say in a few words why."), "bad")
    return see_other(url_for("console.failed"), gettext("Noted. Nothing more is done about it."))


def _page() -> Response:
    found = repair.parked(context.session(), context.org_id(), SHOWN)
    return page(
        "console/failed.html",
        events=[_line(one) for one in found],
        shown=SHOWN,
        writes=context.actor().kind == STAFF,
    )


def _line(event: OutboxEvent) -> dict[str, Any]:
    """What failed without a word of anybody: subscribers, kinds of errors, identifiers."""
    parts = [one.partition(": ") for one in (event.error or "").split("; ") if ": " in one]
    return {
        "id": event.id,
        "name": event.name,
        "failed": [(str(FOLLOWS.get(who, who)), kind) for who, _colon, kind in parts]
        or [(gettext("The worker was interrupted each time"), "interrupted")],
        "happened_at": event.created_at,
        "parked_at": event.parked_at,
        "attempts": event.attempts,
        "about_url": _about(event),
    }


def _about(event: OutboxEvent) -> str | None:
    for key, endpoint in PAGES.items():
        if key in event.payload:
            argument = "visit_id" if key == "appointment_id" else key
            return address_of(endpoint, **{argument: event.payload[key]})
    return None
