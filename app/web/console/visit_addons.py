"""What a visit has besides its service: seen and changed at the desk (APT-02)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.appointments import actions, permissions
from app.appointments.actions.addons import MAY_CHANGE, change_addons, possible_addons
from app.appointments.queries import VisitView
from app.appointments.queries.addons import addons_of_visit
from app.lib.errors import Conflict, Invalid
from app.scheduling.queries import calendar_view
from app.web.console import blueprint
from app.web.console.answers import changed, not_changed
from app.web.console.asked import version
from app.web.console.own import visit_or_404
from app.web.console.visits import panel, refused, wants_panel
from app.web.http import context, guards
from app.web.http.addon_fields import read_quantities
from app.web.http.copy import field_sentence
from app.web.http.render import is_fragment_request, page, render


@blueprint.get("/visits/<uuid:visit_id>/add-ons")
@guards.staff(permissions.BOOK)
def visit_addons(visit_id: uuid.UUID) -> Response:
    """What can be added, and what the visit has."""
    found = visit_or_404(visit_id)
    if found.state not in MAY_CHANGE:
        raise Conflict("illegal_move", state=found.state, verb="addons")
    return page(
        "console/visits/addons.html",
        fragment="console/visits/_addons.html",
        **_inputs(found),
    )


@blueprint.post("/visits/<uuid:visit_id>/add-ons")
@guards.staff(permissions.BOOK)
def change_visit_addons(visit_id: uuid.UUID) -> AnyResponse:
    """Give the visit these, if it is still as it was seen."""
    before, wanted = visit_or_404(visit_id), read_quantities(request.form)
    session, actor = context.session(), context.actor()
    try:
        actions.demand_version(session, actor, visit_id, version(request.values))
        change_addons(session, context.redis(), actor, visit_id, wanted, now=context.now())
    except Invalid as error:
        session.rollback()
        words = " ".join(field_sentence(one) for one in error.errors)
        return _not_so(before, wanted, words, 422)
    except Conflict as error:
        if error.code != "slot_taken":
            return refused(visit_id, error)
        session.rollback()
        words = gettext("Not changed: the time after this visit is not free for so long.")
        return _not_so(before, wanted, words, 409)
    return changed(
        gettext("The add-ons of %(name)s are kept.", name=before.patient_name),
        panel=panel(visit_id) if wants_panel() else "",
        page_url=url_for("console.visit", visit_id=visit_id),
    )


def _not_so(
    visit: VisitView, wanted: Mapping[uuid.UUID, int], words: str, status: int
) -> AnyResponse:
    found = _inputs(visit, words, wanted)
    if is_fragment_request():
        body = render("console/visits/_addons.html", **found)
        return not_changed(words, panel=body, status=status)
    return page("console/visits/addons.html", status=status, **found)


def _inputs(
    visit: VisitView, alert: str | None = None, wanted: Mapping[uuid.UUID, int] | None = None
) -> dict[str, Any]:
    session, org_id = context.session(), context.org_id()
    calendar = calendar_view(session, org_id, calendar_id=visit.calendar_id)
    has = addons_of_visit(session, org_id, visit.id)
    return {
        "visit": visit,
        "alert_words": alert,
        "offered": list(possible_addons(session, org_id, calendar, has).values()),
        "quantities": wanted or {one.addon_id: one.quantity for one in has},
        "back_url": url_for("console.visit", visit_id=visit.id),
    }
