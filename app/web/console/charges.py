"""What is due after late and missed visits, as the desk sees it; letting it off with a reason (APT-03)."""

from __future__ import annotations

import uuid
from typing import Any

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app.appointments import permissions
from app.appointments.actions.charges import LONGEST_REASON, waive
from app.appointments.queries import VisitView
from app.appointments.queries.charges import ChargeView, charge_view, charges_around
from app.appointments.rules.policy import LATE_CANCEL, Due, owed
from app.lib.errors import Conflict
from app.web.console import blueprint
from app.web.console.own import visit_or_404, writes
from app.web.http import context, guards
from app.web.http.copy import sentence
from app.web.http.inputs import Input
from app.web.http.render import page, see_other
from app.web.http.templating import money
from app.web.http.terms_words import CAUSES, charge_words, due_sentence, visit_terms


class WaiveInput(Input):
    """Why it is let off."""

    reason = TextAreaField(
        _l("Why is it let off?"),
        validators=[
            InputRequired(_l("Please fill this in.")),
            Length(max=LONGEST_REASON, message=_l("At most %(max)d characters.")),
        ],
        render_kw={"rows": 2},
    )


@blueprint.route("/charges/<uuid:charge_id>/waive", methods=["GET", "POST"])
@guards.staff(permissions.WAIVE)
def waive_charge(charge_id: uuid.UUID) -> Response:
    """Say what letting off does, then do it. 409 when somebody did it before."""
    session, actor = context.session(), context.actor()
    found = charge_view(session, actor.clinic, charge_id)
    visit = visit_or_404(found.appointment_id)
    form, status, problem = WaiveInput(), 200, None
    if request.method == "POST":
        if form.validate():
            try:
                waive(session, actor, charge_id, reason=form.reason.data or "", now=context.now())
            except Conflict as error:
                status, problem = 409, sentence(error)
            else:
                address = url_for("console.visit", visit_id=visit.id)
                return see_other(address, gettext("It is no longer due."))
        else:
            status = 422
    return page(
        "console/visits/waive.html",
        status=status,
        form=form,
        problem=problem,
        visit=visit,
        charge=charge_line(found),
        standing=found.standing and problem is None,
    )


def charge_line(one: ChargeView) -> dict[str, Any]:
    """A charge in words."""
    released = None
    if one.why == "waived":
        released = gettext(
            "Let off by %(name)s: %(reason)s",
            name=one.released_by or gettext("the clinic"),
            reason=one.reason,
        )
    elif one.why == "undone":
        released = gettext("Taken back")
    return {
        "id": one.id,
        "visit_id": one.appointment_id,
        "cause": CAUSES[one.what],
        "amount": charge_words(one.amount_minor, one.currency, one.session_lost),
        "starts_at": one.starts_at,
        "standing": one.standing,
        "released": released,
    }


def charge_inputs(visit: VisitView) -> dict[str, Any]:
    """What the templates of a visit take of its terms and charges."""
    actor = context.actor()
    found = charges_around(context.session(), context.org_id(), visit.patient_id, visit.id)
    deposit = visit.terms.deposit.of(visit.price_minor)
    return {
        "charges": [charge_line(one) for one in found if one.appointment_id == visit.id],
        "elsewhere": [charge_line(one) for one in found if one.appointment_id != visit.id],
        "terms": [] if visit.terms.free else _terms(visit),
        "deposit": money(deposit, visit.currency) if deposit else None,
        "may_waive": writes(actor, permissions.WAIVE),
    }


def due_if_cancelled(visit: VisitView) -> str | None:
    """What the patient would owe if they cancelled now, as a sentence; None for nothing."""
    due = _late(visit)
    return due_sentence(due, visit.currency) if due else None


def _late(visit: VisitView) -> Due | None:
    return owed(
        LATE_CANCEL,
        context.now(),
        visit.starts_at,
        visit.terms,
        visit.price_minor,
        by_patient=True,
    )


def _terms(visit: VisitView) -> list[str]:
    return visit_terms(
        visit.terms,
        visit.price_minor,
        visit.currency,
        starts_at=visit.starts_at,
        zone=None,
        now=context.now(),
    )
