"""One meeting of a group class: who takes part, arrivals, calling it off (CAT-02)."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from app.appointments import permissions
from app.appointments.actions.classes import cancel_class
from app.appointments.queries.classes import participants
from app.appointments.states import OPEN
from app.lib.paging import PageRequest
from app.lib.text import clean_line
from app.scheduling.queries.classes import ClassView, class_view
from app.web.console import blueprint
from app.web.console.asked import local
from app.web.console.desk_states import state_at_desk
from app.web.console.own import only_specialist, writes
from app.web.http import context, guards
from app.web.http.lists import heads
from app.web.http.render import page, see_other

LONGEST_REASON = 500


@blueprint.get("/classes/<uuid:class_id>")
@guards.staff(permissions.VIEW)
def class_page(class_id: uuid.UUID) -> Response:
    """The participants, who has arrived, and how many places are left."""
    return page("console/classes/class.html", **_inputs(_class_or_404(class_id)))


@blueprint.get("/classes/<uuid:class_id>/cancel")
@guards.staff(permissions.CANCEL)
def cancel_class_page(class_id: uuid.UUID) -> Response:
    """What calling the class off will do."""
    return page("console/classes/cancel.html", **_inputs(_class_or_404(class_id)))


@blueprint.post("/classes/<uuid:class_id>/cancel")
@guards.staff(permissions.CANCEL)
def call_class_off(class_id: uuid.UUID) -> AnyResponse:
    """Cancel every participant's visit."""
    found = _class_or_404(class_id)
    reason = clean_line(request.form.get("reason", ""))[:LONGEST_REASON]
    count = cancel_class(
        context.session(), context.actor(), class_id, now=context.now(), reason=reason
    )
    words = ngettext(
        "The class is called off: %(num)d appointment is cancelled.",
        "The class is called off: %(num)d appointments are cancelled.",
        count,
    )
    day = local(found.starts_at).date()
    return see_other(url_for("console.day", date=day.isoformat()), words)


def _class_or_404(class_id: uuid.UUID) -> ClassView:
    found = class_view(context.session(), context.org_id(), class_id)
    own = only_specialist()
    if own is not None and found.specialist_id != own:
        raise NotFound
    return found


def _inputs(found: ClassView) -> dict[str, Any]:
    session, actor = context.session(), context.actor()
    start = local(found.starts_at)
    visits = participants(session, context.org_id(), [found.id])
    words = (gettext("Patient"), gettext("Phone"), gettext("State"), "")
    return {
        "found": found,
        "visits": [(one, state_at_desk(one)) for one in visits],
        "heads": heads([(None, one) for one in words], PageRequest(), {}),
        "day_url": url_for("console.day", date=start.date().isoformat()),
        "add_url": url_for(
            "console.new_visit",
            day=start.date().isoformat(),
            time=f"{start:%H:%M}",
            specialist=found.specialist_id,
            calendar=found.calendar_id,
        )
        if actor.may(permissions.BOOK) and found.places_left and found.live
        else None,
        "may_receive": writes(actor, permissions.RECEIVE)
        and start.date() == local(context.now()).date(),
        "may_cancel": writes(actor, permissions.CANCEL)
        and any(one.state in OPEN for one in visits),
    }
