"""One visit at the desk: who, what, when, its history, and the steps that the actor may take now."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, request, url_for
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from app.appointments import actions, permissions
from app.appointments.actions.calling import call, undo_call
from app.appointments.models import Appointment
from app.appointments.queries import VisitView, changes_of
from app.appointments.states import BOOKED, MACHINE, NO_SHOW, OPEN
from app.consents.queries import has as has_consented
from app.forms import permissions as forms
from app.kernel.access.actor import STAFF, Actor
from app.kernel.access.permissions import Permission
from app.kernel.audit.record import record_access
from app.lib.errors import Conflict
from app.messaging.wordings import SMS_APPOINTMENTS
from app.people import permissions as people
from app.scheduling.queries.classes import class_of_visit
from app.scheduling.queries.listing import room_choices
from app.web.console import blueprint, history
from app.web.console.answers import changed, here, not_changed
from app.web.console.asked import identifier, local, version
from app.web.console.own import address_of, visit_or_404
from app.web.http import context, guards
from app.web.http.copy import sentence
from app.web.http.render import is_fragment_request, page, render

Act = Callable[[Actor, uuid.UUID], Appointment]


@dataclass(frozen=True)
class Verb:
    """A step in the life of a visit: who may take it, what does it, its words, and the step that takes it back."""

    name: str
    permission: Permission
    act: Act
    label: LazyString
    done: LazyString
    icon: str
    undo: str | None = None


def _plain(action: Callable[..., Appointment]) -> Act:
    return lambda actor, visit_id: action(context.session(), actor, visit_id, now=context.now())


def _cancel(actor: Actor, visit_id: uuid.UUID) -> Appointment:
    reason = request.values.get("reason", "")
    return actions.cancel(context.session(), actor, visit_id, now=context.now(), reason=reason)


def _restore(actor: Actor, visit_id: uuid.UUID) -> Appointment:
    return actions.restore(context.session(), context.redis(), actor, visit_id, now=context.now())


def _call(actor: Actor, visit_id: uuid.UUID) -> Appointment:
    room_id = identifier(request.values, "room")
    return call(context.session(), actor, visit_id, now=context.now(), room_id=room_id)


VERBS: tuple[Verb, ...] = (
    Verb(
        "call",
        permissions.CALL,
        _call,
        _l("Call"),
        _l("%(name)s is called to the room."),
        "speakerphone",
        "undo_call",
    ),
    Verb(
        "undo_call",
        permissions.CALL,
        _plain(undo_call),
        _l("Take the call back"),
        _l("The call of %(name)s is taken back."),
        "arrow-back-up",
    ),
    Verb(
        "check_in",
        permissions.RECEIVE,
        _plain(actions.check_in),
        _l("Check in"),
        _l("%(name)s has arrived."),
        "armchair",
        "undo_check_in",
    ),
    Verb(
        "start",
        permissions.TREAT,
        _plain(actions.start),
        _l("Start the visit"),
        _l("The visit of %(name)s has begun."),
        "player-play",
    ),
    Verb(
        "finish",
        permissions.TREAT,
        _plain(actions.finish),
        _l("Finish the visit"),
        _l("The visit of %(name)s is over."),
        "check",
    ),
    Verb(
        "confirm",
        permissions.BOOK,
        _plain(actions.confirm),
        _l("Confirm"),
        _l("The visit of %(name)s is confirmed."),
        "calendar-check",
    ),
    Verb(
        "undo_check_in",
        permissions.RECEIVE,
        _plain(actions.undo_check_in),
        _l("Take the arrival back"),
        _l("The arrival of %(name)s is taken back."),
        "arrow-back-up",
        "check_in",
    ),
    Verb(
        "miss",
        permissions.CANCEL,
        _plain(actions.miss),
        _l("Did not come"),
        _l("%(name)s did not come."),
        "user",
        "excuse",
    ),
    Verb(
        "excuse",
        permissions.CANCEL,
        _plain(actions.excuse),
        _l("Take the no-show back"),
        _l("The no-show of %(name)s is taken back."),
        "arrow-back-up",
    ),
    Verb(
        "cancel",
        permissions.CANCEL,
        _cancel,
        _l("Cancel the visit"),
        _l("The visit of %(name)s is cancelled and its time is free."),
        "calendar-x",
        "restore",
    ),
    Verb(
        "restore",
        permissions.CANCEL,
        _restore,
        _l("Restore the visit"),
        _l("The visit of %(name)s stands again."),
        "arrow-back-up",
    ),
    Verb(
        "onboard",
        people.MANAGE,
        _plain(actions.onboard),
        _l("Take on as a patient"),
        _l("%(name)s is a patient of the clinic now."),
        "user-check",
    ),
)
_BY_NAME = {verb.name: verb for verb in VERBS}


@blueprint.get("/visits/<uuid:visit_id>")
@guards.staff(permissions.VIEW)
def visit(visit_id: uuid.UUID) -> Response:
    """The visit, at the side of the calendar or as a page. The look goes into the access journal."""
    found = visit_or_404(visit_id)
    record_access(context.session(), context.actor(), found.patient_id, "visit", at=context.now())
    return page("console/visits/visit.html", fragment="console/visits/_panel.html", **inputs(found))


def _stepper(verb: Verb) -> Callable[[uuid.UUID], AnyResponse]:
    def view(visit_id: uuid.UUID) -> AnyResponse:
        return _step(verb, visit_or_404(visit_id))

    view.__doc__ = f"Take the step `{verb.name}`, if the visit is still as it was seen."
    return guards.staff(verb.permission)(view)


for _verb in VERBS:
    blueprint.add_url_rule(
        f"/visits/<uuid:visit_id>/{_verb.name.replace('_', '-')}",
        endpoint=_verb.name,
        view_func=_stepper(_verb),
        methods=["POST"],
    )


def _step(verb: Verb, before: VisitView) -> AnyResponse:
    session, actor = context.session(), context.actor()
    try:
        actions.demand_version(session, actor, before.id, version(request.values))
        after = verb.act(actor, before.id)
    except Conflict as error:
        return refused(before.id, error)
    undo = _BY_NAME[verb.undo] if verb.undo else None
    undo_url = None
    if undo is not None and actor.may(undo.permission):
        undo_url = url_for(
            f"console.{undo.name}", visit_id=before.id, version=after.version, next=here()
        )
    return changed(
        str(verb.done) % {"name": before.patient_name},
        undo_url=undo_url,
        panel=panel(before.id) if wants_panel() else "",
        page_url=url_for("console.visit", visit_id=before.id),
    )


def wants_panel() -> bool:
    """Whether the request came from the panel, which then shows the visit as it is now."""
    return request.headers.get("HX-Target") == "panel"


def panel(visit_id: uuid.UUID, alert: str | None = None) -> str:
    """The panel of a visit as it is now."""
    return render("console/visits/_panel.html", **inputs(visit_or_404(visit_id), alert))


def refused(visit_id: uuid.UUID, error: Conflict) -> AnyResponse:
    """409 with the visit as it is now and the reason; nothing was changed."""
    words = sentence(error)
    if not is_fragment_request():
        found = inputs(visit_or_404(visit_id), words)
        return page("console/visits/visit.html", status=409, **found)
    return not_changed(words, panel=panel(visit_id, words) if wants_panel() else "")


def inputs(visit: VisitView, alert: str | None = None) -> dict[str, Any]:
    """What the templates of a visit take."""
    session, actor = context.session(), context.actor()
    day = local(visit.starts_at).date()
    possible = steps(visit)
    return {
        "visit": visit,
        "alert_words": alert,
        "assigned": ASSIGNED.get(visit.assignment_reason),
        "class_id": class_of_visit(session, context.org_id(), visit.id),
        "state": _shown(visit),
        "timeline": history.entries(changes_of(session, context.org_id(), visit.id)),
        "steps": [(verb, _primary(verb.name, visit)) for verb in possible if verb.name != "call"],
        "rooms": room_choices(session, context.org_id(), visit.location_id)
        if visit.checked_in_at and any(verb.name == "call" for verb in possible)
        else None,
        "may_move": _writes(actor, permissions.BOOK) and visit.state in OPEN,
        "may_cancel": _writes(actor, permissions.CANCEL) and visit.state in OPEN,
        "day_url": url_for("console.day", date=day.isoformat()),
        "patient_url": url_for("console.patient", patient_id=visit.patient_id)
        if actor.may(people.VIEW)
        else None,
        "deliveries_url": address_of("console.appointment_messages", appointment_id=visit.id),
        "forms_url": address_of("console.open_form", patient_id=visit.patient_id)
        if _writes(actor, forms.OPEN)
        else None,
    }


# Why this specialist, as it was decided when the visit was booked (SCH-03).
ASSIGNED = {
    "chosen_by_patient": _l("chosen by the patient"),
    "class_meets": _l("the class meets with them already"),
    "continuity": _l("the patient's usual specialist"),
    "largest_shortfall": _l("had the fewest visits for their hours"),
    "longest_waiting": _l("had waited longest for a visit"),
    "only_one_free": _l("the only one free then"),
    "priority": _l("first in the calendar's order"),
    "tie": _l("all stood equal; drawn by lot"),
}


def _shown(visit: VisitView) -> str:
    return "arrived" if visit.state in OPEN and visit.checked_in_at else visit.state


def _writes(actor: Actor, permission: Permission) -> bool:
    """The operator's staff look at a clinic and change nothing (KRN-13)."""
    return actor.kind == STAFF and actor.may(permission)


def steps(visit: VisitView) -> list[Verb]:
    """The steps that the actor may take now, in the order in which a day brings them; cancelling has its own page."""
    actor = context.actor()
    possible = set(MACHINE.verbs(visit.state, (actor.kind,))) - {"cancel"}
    if visit.state in OPEN:
        possible.add("undo_check_in" if visit.checked_in_at else "check_in")
    if visit.state in OPEN and visit.checked_in_at:
        possible.add("undo_call" if visit.called_at else "call")
    return [
        verb
        for verb in VERBS
        if verb.name in possible and _writes(actor, verb.permission) and _fits(verb.name, visit)
    ]


def _fits(name: str, visit: VisitView) -> bool:
    """Steps that the state allows but that make no sense yet, or no more."""
    now = context.now()
    same_day = local(visit.starts_at).date() == local(now).date()
    if name in ("check_in", "start"):
        return same_day
    if name == "miss":
        return now >= visit.starts_at
    if name == "onboard":
        return visit.state == BOOKED and visit.patient_onboarded_at is None
    return not (name == "confirm" and visit.checked_in_at)


def _primary(name: str, visit: VisitView) -> bool:
    """The step that comes next at the desk: arrive, start, finish; a cancelled or missed visit comes back."""
    if visit.state in OPEN:
        return name == ("start" if visit.checked_in_at else "check_in")
    return name in ("finish", "restore") or (name == "excuse" and visit.state == NO_SHOW)


@blueprint.get("/visits/<uuid:visit_id>/cancel")
@guards.staff(permissions.CANCEL)
def cancel_form(visit_id: uuid.UUID) -> Response:
    """What cancelling will do: who is told, what is freed."""
    found = visit_or_404(visit_id)
    return page(
        "console/visits/cancel.html",
        fragment="console/visits/_cancel.html",
        visit=found,
        told=told(found),
        back_url=url_for("console.visit", visit_id=visit_id),
    )


def told(visit: VisitView) -> list[str]:
    """The ways in which the patient will hear of a change, as sentences; none for a visit that is past."""
    if visit.starts_at <= context.now():
        return []
    ways = []
    if visit.patient_email:
        ways.append(gettext("by e-mail to %(address)s", address=visit.patient_email))
    if visit.patient_phone and has_consented(
        context.session(), context.org_id(), visit.patient_id, SMS_APPOINTMENTS
    ):
        ways.append(gettext("by text message"))
    return ways
