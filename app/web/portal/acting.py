"""A staff member acting for a patient: the banner's button that ends it (KRN-14)."""

from __future__ import annotations

from flask import g
from flask_babel import gettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app.kernel.access import acting
from app.web.http import context, guards
from app.web.http.render import see_other
from app.web.portal import blueprint


@blueprint.post("/acting/end")
@guards.patient()
def end_acting() -> Response:
    """Stop acting for the patient, back to the console."""
    opened = g.get("acting_as")
    if opened is None:
        raise NotFound
    acting.end(context.session(), context.actor(), opened, now=context.now())
    url = f"/{context.clinic().slug}/console/patients/{opened.patient_id}"
    return see_other(url, gettext("You act as yourself again."))
