"""The messages of a visit: what was said, on which channel, what became of it, and once more (NTF-01)."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, url_for
from flask_babel import gettext
from sqlalchemy import Row
from werkzeug.wrappers import Response as AnyResponse

from app.appointments.messages import told_version
from app.appointments.queries import VisitView, visit_view
from app.lib.errors import Conflict, NotFound
from app.messaging import actions, permissions, queries
from app.messaging.wordings import wording
from app.people.access import patient_or_404
from app.web.console import blueprint
from app.web.console.message_words import CHANNELS, STATES, WORDINGS, fault
from app.web.http import context, guards
from app.web.http.render import page, see_other

SUBJECT = "appointment"


@blueprint.get("/appointments/<uuid:appointment_id>/messages")
@guards.staff(permissions.READ)
def appointment_messages(appointment_id: uuid.UUID) -> Response:
    """Every message about a visit; as a fragment, the part that the visit's panel shows."""
    session, actor = context.session(), context.actor()
    visit = _visible_visit(appointment_id)
    version = told_version(session, actor.clinic, appointment_id)
    rows = queries.history(session, actor.clinic, SUBJECT, appointment_id)
    may_resend = actor.may(permissions.RESEND)
    return page(
        "console/messages/history.html",
        fragment="console/messages/_history.html",
        visit=visit,
        rows=rows,
        repeatable={row.id for row in rows if may_resend and _repeatable(row, version)},
        wordings=WORDINGS,
        channels=CHANNELS,
        states=STATES,
        fault=fault,
    )


@blueprint.post("/deliveries/<uuid:delivery_id>/resend")
@guards.staff(permissions.RESEND)
def resend_delivery(delivery_id: uuid.UUID) -> AnyResponse:
    """Send a message about a visit once more, unless the visit has changed since."""
    session, actor = context.session(), context.actor()
    delivery = queries.delivery(session, actor.clinic, delivery_id)
    if delivery.subject_type != SUBJECT:
        raise NotFound
    visit = _visible_visit(delivery.subject_id)
    if delivery.subject_version != told_version(session, actor.clinic, visit.id):
        raise Conflict("delivery_overtaken")
    actions.resend(session, actor, delivery_id, now=context.now())
    back = url_for("console.appointment_messages", appointment_id=visit.id)
    return see_other(back, gettext("The message is on its way again."))


def _visible_visit(appointment_id: uuid.UUID) -> VisitView:
    """The visit, if the reader may see its patient (KRN-04)."""
    session, actor = context.session(), context.actor()
    visit = visit_view(session, actor.clinic, appointment_id)
    patient_or_404(session, actor, visit.patient_id)
    return visit


def _repeatable(row: Row[Any], version: int | None) -> bool:
    """A message that still says what is true and is not on its way already."""
    return (
        row.state in ("sent", "failed")
        and row.subject_version == version
        and wording(row.template, row.channel).repeatable
    )
