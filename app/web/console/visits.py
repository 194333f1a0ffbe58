"""One visit at the desk: who, what, when, its history, and the steps that the actor may take now."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from app.appointments import actions, permissions
from app.appointments.actions.addons import MAY_CHANGE
from app.appointments.files.queries import count_files
from app.appointments.queries import VisitView, changes_of
from app.appointments.queries.addons import addons_of_visit
from app.appointments.queries.places import place_of
from app.appointments.states import OPEN
from app.consents.queries import has as has_consented
from app.forms import permissions as forms
from app.kernel.audit.record import record_access
from app.lib.errors import Conflict
from app.messaging.wordings import SMS_APPOINTMENTS
from app.people import permissions as people
from app.people.models import Patient
from app.web.console import blueprint, history
from app.web.console.answers import changed, here, in_panel, not_changed
from app.web.console.arrival import at_desk, must_sign, screen_code
from app.web.console.asked import local, version
from app.web.console.charges import charge_inputs, due_if_cancelled
from app.web.console.desk_states import state_at_desk
from app.web.console.own import address_of, visit_or_404, writes
from app.web.console.patient_overview import family
from app.web.console.visit_steps import BY_NAME, VERBS, Verb, is_next, steps
from app.web.http import context, guards
from app.web.http.copy import sentence
from app.web.http.render import is_fragment_request, page, render


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
    # Somebody with a form to sign is shown at once, wherever they were checked in.
    shown = wants_panel() or (verb.name == "check_in" and must_sign(before))
    answer = changed(
        _done(verb, before),
        undo_url=_undo(verb, before, after.version),
        panel=panel(before.id) if shown else "",
        page_url=url_for("console.visit", visit_id=before.id),
    )
    return in_panel(answer) if shown else answer


def _undo(verb: Verb, before: VisitView, now_version: int) -> str | None:
    undo = BY_NAME[verb.undo] if verb.undo else None
    if undo is None or not context.actor().may(undo.permission):
        return None
    return url_for(f"console.{undo.name}", visit_id=before.id, version=now_version, next=here())


def _done(verb: Verb, visit: VisitView) -> str:
    done = str(verb.done) % {"name": visit.patient_name}
    code = screen_code(visit) if verb.name == "check_in" else None
    return f"{done} {gettext('On the screen: %(code)s.', code=code)}" if code else done


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
    shown = wants_panel() or error.code == "choose_room"
    answer = not_changed(words, panel=panel(visit_id, words) if shown else "")
    return in_panel(answer) if shown else answer


def inputs(visit: VisitView, alert: str | None = None) -> dict[str, Any]:
    """What the templates of a visit take."""
    session, actor = context.session(), context.actor()
    day = local(visit.starts_at).date()
    possible = steps(visit)
    files_url = address_of("console.visit_files", visit_id=visit.id)
    return {
        "visit": visit,
        "alert_words": alert,
        "addons": addons_of_visit(session, context.org_id(), visit.id),
        "may_add": writes(actor, permissions.BOOK) and visit.state in MAY_CHANGE,
        "files_url": files_url,
        "file_count": count_files(session, context.org_id(), visit.id) if files_url else 0,
        "assigned": ASSIGNED.get(visit.assignment_reason),
        "place": place_of(session, context.org_id(), visit.id),
        "state": state_at_desk(visit),
        "timeline": history.entries(changes_of(session, context.org_id(), visit.id)),
        "steps": [(verb, is_next(verb.name, visit)) for verb in possible if verb.name != "call"],
        **at_desk(visit, may_call=any(verb.name == "call" for verb in possible)),
        "may_move": writes(actor, permissions.BOOK) and visit.state in OPEN,
        "may_cancel": writes(actor, permissions.CANCEL) and visit.state in OPEN,
        **charge_inputs(visit),
        "carers": _carers(visit),
        "day_url": url_for("console.day", date=day.isoformat()),
        "patient_url": url_for("console.patient", patient_id=visit.patient_id)
        if actor.may(people.VIEW)
        else None,
        "deliveries_url": address_of("console.appointment_messages", appointment_id=visit.id),
        "forms_url": address_of("console.open_form", patient_id=visit.patient_id)
        if writes(actor, forms.OPEN)
        else None,
    }


def _carers(visit: VisitView) -> list[dict[str, Any]]:
    """Whom to call about somebody who cannot be called, such as a child; mails about them go there already."""
    if visit.patient_phone:
        return []
    patient = context.session().get(Patient, (context.org_id(), visit.patient_id))
    return list(family(patient)["carers"]) if patient is not None else []


# Why this specialist, as it was decided when the visit was booked (SCH-03).
ASSIGNED = {
    "chosen_by_patient": _l("chosen by the patient"),
    "class_meets": _l("the class meets with them already"),
    "continuity": _l("the patient's usual specialist"),
    "largest_shortfall": _l("had the fewest visits for their hours"),
    "longest_waiting": _l("had waited longest for a visit"),
    "overbooked": _l("put on taken time on purpose"),
    "only_one_free": _l("the only one free then"),
    "priority": _l("first in the calendar's order"),
    "tie": _l("all stood equal; drawn by lot"),
}


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
        due=due_if_cancelled(found),
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
