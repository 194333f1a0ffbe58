"""Acting for a patient in the portal: a permission, a reason, and a banner there until it ends (KRN-14)."""

from __future__ import annotations

import uuid

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.kernel.access import acting
from app.kernel.permissions import ACT_AS
from app.lib.errors import Invalid
from app.people.access import patient_or_404
from app.web.console import blueprint
from app.web.http import context, guards
from app.web.http.forms import block
from app.web.http.inputs import Input
from app.web.http.render import page, see_other


class ActAsInput(Input):
    """Why it is needed."""

    reason = block(
        _l("Reason"),
        rows=2,
        max_length=300,
        description=_l("It stands in the trail beside everything that you do for the patient."),
    )


@blueprint.route("/patients/<uuid:patient_id>/act-as", methods=["GET", "POST"])
@guards.staff(ACT_AS)
def act_as(patient_id: uuid.UUID) -> Response:
    """Ask for the reason, then open the portal as the patient sees it."""
    patient = patient_or_404(context.session(), context.actor(), patient_id)
    form = ActAsInput()
    if request.method == "POST" and form.validate() and _start(patient_id, form):
        words = gettext("You act for %(name)s for half an hour.", name=patient.name)
        return see_other(url_for("portal.home", clinic=context.clinic().slug), words)
    return page(
        "console/act_as.html",
        status=422 if request.method == "POST" else 200,
        form=form,
        patient=patient,
        clinic_slug=context.clinic().slug,
    )


def _start(patient_id: uuid.UUID, form: ActAsInput) -> bool:
    try:
        acting.start(
            context.session(),
            context.actor(),
            patient_id,
            reason=form.reason.data,
            now=context.now(),
        )
    except Invalid as error:
        form.take(error)
        return False
    return True
